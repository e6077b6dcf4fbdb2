import { createHost, upstream, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, chain, CHAT, exposed, metrics, sent } from "./replay-chain.js";

// Requests as they come: with trailers, through Higress's limits and routes, and those left alone.

const JSON_TYPE = { "content-type": "application/json" };

describe("a request with trailers", () => {
  async function ask(host: Host) {
    const request = host.stream(`POST ${CHAT}`, { headers: JSON_TYPE });
    await request.headers();
    await request.data(JSON.stringify(BODY));
    await request.trailers({ "x-checksum": "1" });
    await host.clock.advance(100);
    return request.response();
  }

  test("native: is complete with them, in both places and for every attempt", async () => {
    const { host, models } = await nativeChain({ models: { a: busy(), b: well("b") } });
    expect(exposed(await ask(host))).toMatchObject({ "x-llm-target": "b" });
    for (const [name, model] of Object.entries(models))
      expect(sent(model)).toEqual({ ...BODY, model: `model-${name}` });
  });

  test("replay: the same", async () => {
    const { host, models } = await chain("envoy", {}, busy());
    expect(exposed(await ask(host))).toMatchObject({ "x-llm-target": "distill" });
    expect(sent(models.r1)).toEqual(BODY);
    expect(sent(models.distill)).toEqual({ ...BODY, model: "r1-distill-32b", max_tokens: 8192 });
  });
});

test.each(["replay", "redirect"])(
  "Higress, %s: the body may be as long, and the route stays",
  async (strategy) => {
    const targets = [{ name: "own", cluster: "backend", host: "own.test", path: "/other" }];
    await using host = await createHost({
      profile: "higress-2.2",
      plugins: [
        {
          wasm: "build/higress/model-fallback.wasm",
          config: { strategy, targets, maxBodyBytes: 123456 },
        },
      ],
      routes: [
        { name: "own", match: { path: "/v1/chat/completions" }, cluster: "backend" },
        { name: "rest", cluster: "wrong" },
      ],
      clusters: { backend: well("own"), wrong: upstream().reply(418) },
    });
    const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify(BODY) };
    const answer = await host.fetch(CHAT, init).settle();
    const text = (key: string) => Buffer.from(answer.filterState[key] ?? []).toString();
    expect([answer.status, text("set_decoder_buffer_limit"), text("clear_route_cache")]).toEqual([
      200,
      "123456",
      "off",
    ]);
    expect(answer.upstream[0]!.headers).toContainEqual([":path", "/other"]);
  },
);

test.each([
  ["native", true],
  ["replay", false],
])(
  "%s: the handshake of a WebSocket is not held, whatever else it says",
  async (_strategy, isNative) => {
    const { host } = isNative ? await nativeChain() : await chain("envoy");
    for (const [upgrade, isHeld] of [
      ["websocket", false],
      ["other", true],
    ] as const) {
      const headers = { ...JSON_TYPE, connection: "Upgrade", upgrade };
      const stream = host.stream("GET /v1/chat/completions", { headers });
      await stream.headers();
      expect(stream.state.paused).toBe(isHeld);
      await stream.abort();
    }
    expect(metrics(host)).not.toHaveProperty("requests");
  },
);

describe("what is told of a fallback", () => {
  test("a target without a host, and how long the next one took", async () => {
    const spare = upstream().after(120).reply(200, { json: {} });
    const { ask, host } = await chain("envoy", {}, upstream().noEndpoints(), spare);
    expect(exposed(await ask())).toMatchObject({ "x-fallback-reason": "no_host" });
    expect(metrics(host)).toMatchObject({ "r1.fail.no_host": 1, "distill.first_token_ms": 1 });
    expect(metrics(host)).not.toHaveProperty(["r1.first_token_ms"]);
  });

  test("that every target failed, with why", async () => {
    const config = { chains: [{ name: "r1", targets: ["r1", "distill"] }] };
    const line = "fallback r1: all failed (r1: status_503, distill: status_500)";
    const { ask, host } = await chain("envoy", config, busy(), busy(500));
    await ask();
    expect(
      host.logs.filter(({ level, text }) => level === "info" && text.endsWith(line)),
    ).toHaveLength(1);
    const native = await nativeChain({ models: { a: busy(), b: busy(429) } });
    await native.ask();
    const other = "fallback 0: all failed (a: status_503, b: status_429)";
    expect(native.host.logs.filter(({ text }) => text.endsWith(other))).toHaveLength(1);
  });

  test("a target that does not like what became of the request", async () => {
    const lines = async (status: number) => {
      const { ask, host } = await chain("envoy", {}, busy(), busy(status));
      expect((await ask()).status).toBe(status);
      return host.logs.filter(({ level }) => level === "warn").map(({ text }) => text);
    };
    const line = expect.stringContaining("target distill rejected the rewritten request");
    expect(await lines(400)).toEqual([line]);
    expect(await lines(404)).toEqual([]);
    const { ask, host } = await chain("envoy", {}, busy(400));
    await ask(); // the client's own request
    expect(host.logs.filter(({ level }) => level === "warn")).toEqual([]);
  });
});

describe("statuses as lists write them", () => {
  test.each<[string, string[], number[], number[]]>([
    ["onStatus", ["503"], [503], [500, 502, 504, 429]],
    ["onStatus", ["5xx"], [500, 502, 599], [429, 499]],
    ["onStatus", ["5*"], [500, 599], [499, 425]],
    ["onStatus", ["5.*"], [500, 599], [499, 425]], // in Higress a part of 425, too
    ["onStatus", ["4.*"], [400, 499], [504, 524]],
    ["onStatus", ["500-503", "418"], [500, 503, 418], [504, 417, 419]],
    ["failoverOnStatus", ["418"], [418], [503]],
    ["retryOnStatus", ["4.*"], [400, 418, 499], [502]], // the router has to be told of 503
  ])("%s %j", async (field, list, those, others) => {
    // No 503 for its own sake, which the router gets in place of others.
    const errors = { [field]: list, exceptStatus: [], onBadStart: false };
    for (const status of [...those, ...others]) {
      const replay = await chain("envoy", { errors }, busy(status));
      const native = await nativeChain({
        config: { errors },
        models: { a: busy(status), b: well("b") },
      });
      const answers = [(await replay.ask()).status, (await native.ask()).status];
      const wanted = those.includes(status) ? 200 : status;
      expect([status, ...answers]).toEqual([status, wanted, wanted]);
    }
  });
});
