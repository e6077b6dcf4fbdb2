import { checkLeaks, composite, createHost, upstream, type HostOptions } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { expect, test } from "vitest";
import { CONFIG, gateway, JSON_TYPE, SSE_TYPE, TARGET } from "./support.js";

// Memory stays flat over thousands of fallbacks (model-fallback.md 7.5, no. 12): seven targets fail in
// different ways before the eighth answers. `FALLBACKS=100000 npx vitest run <this file>` runs as many.

const FALLBACKS = Number(process.env["FALLBACKS"] ?? 1000);
const WASM = "build/envoy/model-fallback.wasm";
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];
const PER_REQUEST = NAMES.length - 1;
const runs = Math.max(60, Math.ceil(FALLBACKS / PER_REQUEST));

/** Seven kinds of failures, then an answer. */
function models(): ReturnType<typeof upstream>[] {
  const error = { json: { error: { message: "busy" } } };
  return [
    upstream().reply(503, error),
    upstream().reply(429, { ...error, headers: { "retry-after": "3" } }),
    upstream().reply(200, error),
    upstream().reply(200, { headers: SSE_TYPE, body: 'data: {"error":{"message":"no"}}\n\n' }),
    upstream().reply(500),
    upstream().refuse(),
    upstream().reply(504, { body: "<html>" }),
    upstream().reply(200, { json: { choices: [{ message: { content: "word ".repeat(200) } }] } }),
  ];
}

const targets = NAMES.map((name) => ({
  name,
  model: `model-${name}`,
  cluster: name === "a" ? "backend" : name,
  auth: { apiTokens: [`key-of-${name}`] },
}));

function native(): HostOptions {
  const plugin = (role: string) => ({
    wasm: WASM,
    vmId: "one",
    rootId: role,
    allowOnHeadersStopIteration: true,
    config: JSON.stringify({ role, targets, breaker: { enabled: false } }),
  });
  const each = models().map((model, i) =>
    model.metadata({ model_fallback: { target: NAMES[i]! } }),
  );
  return {
    plugins: [plugin("listener")],
    routes: [{ cluster: "llm", timeoutMs: 0 }],
    clusters: {
      llm: composite(...NAMES)
        .maxRetries(1000)
        .filters(plugin("upstream")),
      ...Object.fromEntries(each.map((model, i) => [NAMES[i]!, model])),
    },
  };
}

function replay(): HostOptions {
  const config = JSON.stringify({ strategy: "replay", targets, breaker: { enabled: false } });
  return {
    plugins: [{ wasm: WASM, allowOnHeadersStopIteration: true, config }],
    clusters: Object.fromEntries(models().map((model, i) => [targets[i]!.cluster, model])),
  };
}

test.each([
  ["native", native],
  ["replay", replay],
] as const)("%s keeps nothing", { timeout: 3_600_000 }, async (_name, options) => {
  await using host = await createHost({ lifecycle: "single", trace: false, ...options() });
  const body = JSON.stringify({
    model: "m",
    messages: [{ role: "user", content: "x".repeat(500) }],
  });
  const report = await checkLeaks(
    host,
    async (run) => {
      // Requests that wait for the end of an answer are looked after four times a second.
      if (run % 20 === 0) await host.clock.advance(250);
      const reply = await host.fetch(TARGET, { method: "POST", headers: JSON_TYPE, body }).settle();
      expect(reply.headers.get("x-llm-target")).toBe("h");
      expect(reply.headers.get("x-fallback-attempts")).toBe(String(NAMES.length));
    },
    { runs, warmup: 60 },
  );
  expect(report).toHaveNoLeak();
  expect(report.after).toBe(report.before);
  expect(report.contextsAfter).toBe(report.contextsBefore);
});

/** Bodies of many small things, each of which could take memory of its own. */
const fill = (unit: string) => unit.repeat(4_000_000 / unit.length);
const messages = (list: string) => `{"model":"m","messages":[${list}{}]}`;

test.each([
  ["messages that are empty", messages(fill("{},"))],
  ["messages", messages(fill('{"content":[],"reasoning_content":1},'))],
  ["parts", messages(`{"content":[${fill('{"type":"text"},')}{}]},`)],
  ["keys with escapes", `{"model":"m",${fill('"\\u006dodem":0,')}"a":1}`],
  ["tools", `{"model":"m"${fill(',"tools":0')}}`],
  ["wishes for a stream", `{"model":"m"${fill(',"stream":0')}}`],
  ["names of the model", `{"model":"m"${fill(',"model":0')}}`],
])("a body of a million %s takes memory once for each copy", async (_what, body) => {
  const [target] = CONFIG.targets;
  const config = { targets: [target, { ...target, name: "b", when: { vision: true } }] };
  const options = { bufferLimitBytes: 16 << 20, trace: false, callTimeoutMs: 60_000 };
  const host = await gateway({ ...config, maxBodyBytes: 16 << 20 }, options);
  const before = host.memorySize;
  const answer = await host.fetch(TARGET, { method: "POST", headers: JSON_TYPE, body }).settle();
  expect([200, 413]).toContain(answer.status);
  expect(host.memorySize - before).toBeLessThan(3.5 * body.length);
  await host.close();
});

test(
  "replay keeps nothing of clients that left before their answer",
  { timeout: 600_000 },
  async () => {
    const config = JSON.stringify({ strategy: "replay", targets: targets.slice(0, 2) });
    await using host = await createHost({
      lifecycle: "single",
      trace: false,
      plugins: [{ wasm: WASM, allowOnHeadersStopIteration: true, config }],
      clusters: {
        backend: upstream().reply(503, { json: {} }),
        b: upstream()
          .after(50)
          .reply(200, { json: { usage: { total_tokens: 3 } } }),
      },
    });
    const report = await checkLeaks(
      host,
      async () => {
        const stream = host.stream(`POST ${TARGET}`, { headers: JSON_TYPE });
        await stream.headers();
        await stream.data('{"model":"m","messages":[]}', { end: true });
        await host.clock.advance(10);
        await stream.abort();
        await host.clock.advance(100);
      },
      { runs: 300, warmup: 60 },
    );
    expect(report).toHaveNoLeak();
    expect(report.after).toBe(report.before);
    expect(report.contextsAfter).toBe(report.contextsBefore);
    const wasted = host.metrics.all["model_fallback.0.b.wasted_tokens"];
    expect(wasted).toBe(360 * 3);
  },
);
