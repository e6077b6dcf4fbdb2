import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { type ChainOptions } from "./fallback-bootstrap.js";
import { EVENT, failing, FallbackChain, LAST, stream } from "./fallback-chain.js";

// Settings of model-fallback whose effect the host decides: what the router says of an attempt, what it
// retries, and how long bodies and events reach a filter in pieces.

const LIMIT = 300_000;
const TARGETS = ["a", "b"];
const HEADER = "x-llm-cluster";
const CONFIG = {
  targets: [
    { name: "a", model: "model-a" },
    { name: "b", model: "model-b" },
  ],
  chains: [{ name: "r1", targets: TARGETS, breakerClusters: ["llm-chain", "from-b"] }],
  clusterHeader: HEADER,
  timeouts: { firstToken: 600, unary: 600 },
};

let chain: FallbackChain;
beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterEach(() => chain.stop());

/** The breaker steers; `breakerClusters[0]` names where the chain begins. */
async function start(config: object = {}, options: Partial<ChainOptions> = {}): Promise<void> {
  chain = await FallbackChain.start({
    targets: TARGETS,
    config: { ...CONFIG, ...config },
    further: { "from-b": ["b"] },
    route: { cluster_header: HEADER },
    ...options,
  });
}

const asStream = { model: "r1", messages: [], stream: true };

describe("onConnectFailure, onReset and onTimeout off: the router's answer, and no breaker counts it", () => {
  const off = { onConnectFailure: false, onReset: false, onTimeout: false };

  async function isRouters(status: number, details: string): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const reply = await chain.ask();
      expect([reply.status, reply.headers.has("x-llm-target")]).toEqual([status, false]);
      expect(reply.body).not.toContain("all_targets_failed");
      expect((await chain.record(reply)).details).toContain(details);
    }
    expect(chain.visits("b")).toEqual([]);
    const metrics = await chain.metrics();
    expect([metrics["r1.a.attempts"], metrics["r1.a.breaker_opened"]]).toEqual([2, undefined]);
  }

  const RESET = "upstream_reset_before_response_started";
  test.each([
    ["a reset", { kind: "reset" }, 503, RESET],
    ["silence", { kind: "never" }, 504, "upstream_per_try_timeout"],
  ] as const)("%s", { timeout: LIMIT }, async (_what, answer, status, details) => {
    await start({ errors: off, breaker: { failures: 1 } });
    chain.script("a", answer);
    await isRouters(status, details);
  });

  test("nobody listens", { timeout: LIMIT }, async () => {
    const broken = { a: "refused" } as const;
    await start({ errors: off, breaker: { failures: 1 } }, { broken });
    await isRouters(503, RESET);
  });
});

test("localReplies: none leaves even the router's answer alone", { timeout: LIMIT }, async () => {
  const broken = { a: "refused", b: "refused" } as const;
  await start({ errors: { localReplies: "none" } }, { broken });
  const reply = await chain.ask();
  expect([reply.status, reply.body]).toEqual([
    503,
    expect.stringContaining("upstream connect error"),
  ]);
});

test("localReplies: all takes a direct response of 503 for a failure", async () => {
  await start({ errors: { localReplies: "all" } }, { directResponse: 503 });
  expect(JSON.parse((await chain.ask()).body).error.code).toBe("all_targets_failed");
});

test("and one whose status is none of failures for none", async () => {
  await start({ errors: { localReplies: "all" } }, { directResponse: 403 });
  const reply = await chain.ask();
  expect([reply.status, reply.body]).toEqual([403, "busy"]);
});

test("with nothing held 503 is retried only when it is listed", { timeout: LIMIT }, async () => {
  const errors = { onStatus: ["500-504"], exceptStatus: ["503"] };
  await start({ errors, stream: { holdFirstEvent: false, errorIn200: false } });
  chain.script("a", failing(503));
  expect((await chain.ask()).status).toBe(503);
  expect(chain.visits("b")).toEqual([]);
  chain.script("a", stream('{"error":{"message":"no"}}', "[DONE]"));
  const reply = await chain.ask(asStream);
  expect([reply.status, reply.headers.get("x-llm-target")]).toEqual([200, "a"]);
});

test("keepOne: false answers at once when all are open", { timeout: LIMIT }, async () => {
  await start({ breaker: { failures: 1, keepOne: false } });
  for (const name of TARGETS) chain.script(name, failing(503));
  await chain.ask();
  const reply = await chain.ask();
  expect([reply.status, reply.headers.get("x-fallback-reason")]).toEqual([503, "breaker_open"]);
  expect((await chain.record(reply)).details).toBe("model_fallback.all_failed");
  expect(TARGETS.map((name) => chain.visits(name).length)).toEqual([1, 1]);
});

test("a rule about bodies of 200 holds no stream", { timeout: LIMIT }, async () => {
  const onBody = [{ status: "200", path: "state", in: ["failed"] }];
  await start({ errors: { onBody } });
  chain.script("a", { body: [Buffer.from('{"state":"failed"}')] });
  expect((await chain.ask()).headers.get("x-fallback-reason")).toBe("status_200");
  // Held until its end it would never come.
  chain.script("a", { ...stream(EVENT, LAST), kind: "silent" });
  const reader = (
    await fetch(`${chain.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asStream),
    })
  ).body!.getReader();
  const { value } = await reader.read();
  expect(Buffer.from(value!).toString()).toContain(EVENT);
  await reader.cancel();
});

test(
  "a last event of 20 KiB that says so at its beginning is an end",
  { timeout: LIMIT },
  async () => {
    await start();
    const output = [{ text: "wort ".repeat(4096) }];
    const events = [
      '{"type":"response.created"}',
      JSON.stringify({ type: "response.completed", response: { output } }),
    ];
    chain.script("a", stream(...events));
    const { body } = await chain.ask(asStream, {}, "/v1/responses");
    expect(body).toBe(events.map((event) => `data: ${event}\n\n`).join(""));
  },
);

describe("bodies of 1 MiB", () => {
  const bufferLimit = 8 << 20;

  test(
    "JSON with a data URL reaches the next target byte for byte",
    { timeout: LIMIT },
    async () => {
      await start({ maxBodyBytes: bufferLimit }, { bufferLimit });
      const url = `data:image/png;base64,${"iVBORw0K".repeat(1 << 17)}`;
      const content = [{ type: "image_url", image_url: { url } }];
      const body = JSON.stringify({ model: "r1", messages: [{ role: "user", content }] });
      chain.script("a", failing(503));
      expect((await chain.ask(body)).headers.get("x-llm-target")).toBe("b");
      const seen = Buffer.from(chain.visits("b")[0]!.seen.body);
      expect(seen.equals(Buffer.from(body.replace('"r1"', '"model-b"')))).toBe(true);
    },
  );

  test("a form passes as it is", { timeout: LIMIT }, async () => {
    await start(
      { clusterHeader: "", chains: [{ name: "r1", targets: TARGETS }] },
      { bufferLimit, route: { cluster: "llm-chain" } },
    );
    const head =
      '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nr1\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n';
    const form = `${head}${"ÿ--x".repeat(1 << 18)}\r\n--x--\r\n`;
    const type = { "content-type": "multipart/form-data; boundary=x" };
    expect((await chain.ask(form, type)).status).toBe(200);
    expect(Buffer.from(chain.visits("a")[0]!.seen.body).equals(Buffer.from(form))).toBe(true);
  });
});
