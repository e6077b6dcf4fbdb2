import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startMockModel, type MockModel } from "../../examples/demo/mock-model/index.js";
import { freePorts } from "../support/ports.js";
import { sleep } from "./envoy.js";
import { startGateway, type Gateway } from "./gateway.js";

// Strategy `replay` in a real Envoy: the route's cluster is the first target, two more are called.

const NAMES = ["backend", "spare", "online"] as const;
type Name = (typeof NAMES)[number];
const BODY = { model: "r1", messages: [{ role: "user", content: "Hi" }] };
const CONFIG = {
  strategy: "replay",
  targets: [
    { name: "r1", cluster: "backend" },
    { name: "spare", cluster: "spare", model: "spare-7b" },
    { name: "online", cluster: "online", model: "online-max", timeoutMs: 700 },
  ],
  breaker: { enabled: false },
};

/** Streams last long enough for clients to leave them. */
const SLOWLY = { chunkDelay: 20 };

let models: Record<Name, MockModel>;
let gateway: Gateway;
let broken: Gateway;
let impatient: Gateway;

async function start(
  route: object,
  ports: Record<Name, number>,
  manager: object = {},
): Promise<Gateway> {
  return startGateway({
    plugins: [
      {
        name: "model-fallback",
        config: JSON.stringify(CONFIG),
        file: "build/envoy/model-fallback.wasm",
      },
    ],
    upstreamPort: ports.backend,
    clusters: { spare: ports.spare, online: ports.online },
    route,
    manager,
  });
}

beforeAll(async () => {
  await buildPlugins(["model-fallback"], ["envoy"]);
  const started = NAMES.map(async (name) => [name, await startMockModel(SLOWLY)] as const);
  models = Object.fromEntries(await Promise.all(started)) as typeof models;
  const ports = Object.fromEntries(NAMES.map((name) => [name, models[name].port])) as Record<
    Name,
    number
  >;
  gateway = await start({ timeout: "1s" }, ports);
  const [nobody = 0] = await freePorts(1);
  broken = await start({}, { ...ports, backend: nobody });
  impatient = await start({}, ports, { stream_idle_timeout: "0.5s" });
}, 300_000);
beforeEach(() => {
  for (const model of Object.values(models)) {
    model.setFault(null);
    model.clearRequests();
  }
});
afterAll(async () => {
  await gateway?.envoy.stop();
  await broken?.envoy.stop();
  await impatient?.envoy.stop();
  for (const model of Object.values(models ?? {})) await model.stop();
});

function ask(body: object = BODY, { url } = gateway): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer client" },
    body: JSON.stringify(body),
  });
}

const exposed = (answer: Response) =>
  Object.fromEntries([...answer.headers].filter(([name]) => /^x-(llm|fallback)/.test(name)));

describe("the next target answers", () => {
  test.each([
    ["busy", { status: 503 }, "status_503"],
    ["limited", { status: 429 }, "status_429"],
    ["out of order", { status: 500 }, "status_500"],
    ["reset", { reset: true }, "reset"],
    ["slow", { delay: 5000 }, "timeout"],
  ])("when the first is %s", async (_what, fault, reason) => {
    models.backend.setFault(fault);
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(exposed(answer)).toEqual({
      "x-llm-target": "spare",
      "x-llm-model": "spare-7b",
      "x-fallback-attempts": "2",
      "x-fallback-from": "r1",
      "x-fallback-reason": reason,
    });
    expect(await answer.json()).toMatchObject({ object: "chat.completion", model: "spare-7b" });
    const [seen] = models.spare.requests();
    expect(JSON.parse(seen!.body)).toEqual({ ...BODY, model: "spare-7b" });
    expect(seen!.headers.authorization).toBeUndefined();
  });

  test("when nobody is at the first", async () => {
    const answer = await ask(BODY, broken);
    expect(answer.status).toBe(200);
    expect(exposed(answer)).toMatchObject({
      "x-llm-target": "spare",
      "x-fallback-reason": "connect",
    });
  });

  test("when the gateway gives a silent stream up", async () => {
    models.backend.setFault({ delay: 5000 });
    const answer = await ask(BODY, impatient);
    expect(exposed(answer)).toMatchObject({
      "x-llm-target": "spare",
      "x-fallback-reason": "timeout",
    });
    expect(await answer.json()).toMatchObject({ model: "spare-7b" });
  });

  test("when the second fails, too", async () => {
    models.backend.setFault({ status: 503 });
    models.spare.setFault({ reset: true });
    const answer = await ask();
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "online", "x-fallback-attempts": "3" });
    expect(await answer.json()).toMatchObject({ model: "online-max" });
  });

  test("with its stream, in one piece", async () => {
    models.backend.setFault({ status: 503 });
    const answer = await ask({ ...BODY, stream: true });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(await answer.text()).toMatch(/^data: .*data: \[DONE\]\n\n$/s);
  });

  test("for thirty requests at once", async () => {
    models.backend.setFault({ status: 503 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask()));
    for (const answer of answers) {
      expect(exposed(answer)).toMatchObject({ "x-llm-target": "spare" });
      expect(await answer.json()).toMatchObject({ model: "spare-7b" });
    }
  });
});

test("a good stream of the first target streams", async () => {
  const answer = await ask({ ...BODY, stream: true });
  expect(exposed(answer)).toEqual({
    "x-llm-target": "r1",
    "x-llm-model": "r1",
    "x-fallback-attempts": "1",
  });
  expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
});

describe("all failed", () => {
  test.each([
    ["with a body to replace", { status: 500 }],
    ["without an answer of a target", { reset: true }],
  ])("%s", async (_what, fault) => {
    models.backend.setFault(fault);
    models.spare.setFault({ status: 500 });
    models.online.setFault({ delay: 5000 });
    const answer = await ask();
    expect(answer.status).toBe(504);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toMatchObject({
      error: { type: "server_error", code: "all_targets_failed" },
    });
    expect(exposed(answer)).toMatchObject({ "x-fallback-from": "r1", "x-fallback-attempts": "3" });
  });
});

/** The router answers past all filters; `native` mends it, because it sits before the router. */
test("a first answer that breaks off behind its head cannot be mended", async () => {
  models.backend.setFault({ cut: 0 });
  const answer = await ask({ ...BODY, stream: true });
  expect(answer.status).toBe(502);
  expect(exposed(answer)).toEqual({});
  expect(models.spare.requests()).toHaveLength(0);
});

test("one that breaks off behind its first event is the target's failure, and nobody's replay", async () => {
  const failures = async () => {
    const found = await gateway.envoy.stats("^wasmcustom.model_fallback.0.r1.fail.reset$");
    return [...found.values()][0] ?? 0;
  };
  const before = await failures();
  models.backend.setFault({ cut: 2 });
  const answer = await ask({ ...BODY, stream: true });
  expect(exposed(answer)).toMatchObject({ "x-llm-target": "r1" });
  await expect(answer.text()).rejects.toThrow();
  await expect.poll(failures).toBe(before + 1);
  expect(models.spare.requests()).toHaveLength(0);
  // A client that leaves in the middle of its answer is no failure.
  models.backend.setFault(null);
  const control = new AbortController();
  const left = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...BODY, stream: true }),
    signal: control.signal,
  });
  await left.body!.getReader().read();
  control.abort();
  await sleep(100);
  expect(await failures()).toBe(before + 1);
});

test("tokens of an answer whose client has left are counted as wasted", async () => {
  const wasted = async () => {
    const found = await gateway.envoy.stats("^wasmcustom.model_fallback.0.spare.wasted_tokens$");
    return [...found.values()][0] ?? 0;
  };
  models.backend.setFault({ status: 503 });
  const whole = (await (await ask()).json()) as { usage: { total_tokens: number } };
  expect(await wasted()).toBe(0);
  models.spare.setFault({ delay: 400 });
  models.spare.clearRequests();
  const control = new AbortController();
  const left = fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(BODY),
    signal: control.signal,
  });
  await expect.poll(() => models.spare.requests().length).toBe(1);
  control.abort();
  await expect(left).rejects.toThrow();
  await expect.poll(wasted).toBe(whole.usage.total_tokens);
});
