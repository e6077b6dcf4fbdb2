import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { Envoy, sleep } from "./envoy.js";
import { FallbackChain, header, stream } from "./fallback-chain.js";

// Strategy `replay` behind a route that reads the cluster from a header.

const HEADER = "x-llm-cluster";
const LIMIT = 300_000;
const CONFIG = {
  strategy: "replay",
  targets: [
    { name: "a", cluster: "a", auth: { apiTokens: ["key-a"] } },
    { name: "b", cluster: "b", model: "model-b" },
  ],
  clusterHeader: HEADER,
  breaker: { failures: 2, openSeconds: 300 },
};

let chain: FallbackChain;
beforeAll(async () => {
  await buildPlugins(["model-fallback"], ["envoy"]);
  chain = await FallbackChain.start({
    targets: ["a", "b"],
    config: CONFIG,
    replays: true,
    route: { cluster_header: HEADER },
  });
}, LIMIT);
beforeEach(() => chain.reset());
afterAll(() => chain?.stop());

describe("a request that no chain takes up reaches the first target", () => {
  test.each([
    ["no JSON", "{", "/v1/chat/completions"],
    ["no model", "{}", "/v1/chat/completions"],
    ["another path", "{}", "/v1/files"],
  ])("%s", async (_what, body, path) => {
    const forged = { [HEADER]: "b", authorization: "Bearer client" };
    expect((await chain.ask(body, forged, path)).status).toBe(200);
    const [visit] = chain.visits("a");
    expect(header(visit, "authorization")).toEqual(["Bearer key-a"]);
    expect(chain.visits("b")).toEqual([]);
  });
});

test("an answer that breaks off before anything of it went on opens the breaker", async () => {
  chain.script("a", { ...stream(": ping\n\n"), kind: "cut" });
  const body = { model: "r1", stream: true };
  for (let i = 0; i < 2; i++) await chain.ask(body).catch(() => null);
  expect((await chain.ask(body)).headers.get("x-llm-target")).toBe("b");
  expect(await chain.metrics()).toMatchObject({ "0.a.fail.reset": 2, "0.a.breaker_state": 1 });
});

test(
  "the state of a breaker is told anew with a changed list of targets",
  { timeout: LIMIT },
  async () => {
    const listeners = (b: object) =>
      listenersFile([
        {
          id: "gateway",
          plugins: [
            {
              name: "model-fallback",
              file: "build/envoy/model-fallback.wasm",
              config: JSON.stringify({
                ...CONFIG,
                targets: [CONFIG.targets[0], b],
                breaker: { failures: 1 },
              }),
              rootId: "",
              failurePolicy: "FAIL_CLOSED",
              allowOnHeadersStopIteration: true,
            },
          ],
          routes: [{ prefix: "/", clusterHeader: HEADER }],
          attributes: [],
        },
      ]);
    const [first, second] = CONFIG.targets;
    const envoy = await Envoy.start({
      bootstrap: bootstrap([first!, second!].map(({ name }) => ({ name, port: null }))),
      files: { [LISTENERS]: listenersFile([]) },
    });
    try {
      const gauge = "wasmcustom.model_fallback.0.a.breaker_state";
      const state = async () => (await envoy.stats(`^${gauge}$`)).get(gauge);
      const load = (b: object) =>
        envoy.moveIn(LISTENERS, listeners(b).replaceAll("%FOLDER%", envoy.folder));
      load(second!);
      const portNow = async () =>
        /"port_value": (\d+)/.exec(await envoy.get("/listeners?format=json"))?.[1];
      for (let i = 0; i < 250 && !(await portNow()); i++) await sleep(20);
      const port = await portNow();
      await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "r1" }),
      });
      expect(await state()).toBe(1);
      load({ ...second, host: "b.test" });
      for (let i = 0; i < 250 && (await state()) !== 0; i++) await sleep(20);
      expect(await state()).toBe(0);
    } finally {
      await envoy.stop();
    }
  },
);
