import { upstream, type ClientResponse, type Host, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { SlowRest } from "./slow-rest.js";
import { BUILDS } from "./semantic-gateway.js";
import {
  begin,
  CHAT,
  completion,
  gatewayOn,
  higress,
  isHit,
  JSON_TYPE,
  MEMORY,
  PEER,
  question,
  textOf,
} from "./support.js";

const FLIGHT = { ...MEMORY, singleFlight: { maxWaitMs: 5000 } };

/** A model that needs a second. */
const slow = (body: string, status = 200) =>
  upstream().after(1000).reply(status, { headers: JSON_TYPE, body });

const asked = (host: Host) => (host.clusters["backend"] as Upstream).requests.length;

/** So many clients ask one thing at once, spread over the workers. */
async function stampede(host: Host, clients: number, workers: number): Promise<ClientResponse[]> {
  const streams = [];
  for (let i = 0; i < clients; i++) {
    streams.push(await begin(host.onWorker(i % workers), question("everybody wants to know")));
  }
  await host.clock.advance(20_000);
  return await Promise.all(streams.map((stream) => stream.response()));
}

describe.each(BUILDS)("on %s", (build) => {
  const gateway = gatewayOn.bind(null, build);

  test("five hundred clients ask one new question: the model is asked once", async () => {
    const backend = slow(completion("42"));
    const host = await gateway(FLIGHT, { trace: false, clusters: { backend } });
    const replies = await stampede(host, 500, 1);
    expect(asked(host)).toBe(1);
    expect(new Set(replies.map(textOf))).toEqual(new Set(["42"]));
    expect(replies.filter(isHit)).toHaveLength(499);
    expect(host.metrics.all["ai_cache_coalesced"]).toBe(499);
    await host.close();
  });

  test("the same over four workers", async () => {
    const backend = slow(completion("42"));
    const host = await gateway(FLIGHT, {
      trace: false,
      lifecycle: "envoy",
      workers: 4,
      clusters: { backend },
    });
    const replies = await stampede(host, 100, 4);
    expect(asked(host)).toBe(1);
    expect(replies.filter(isHit)).toHaveLength(99);
    await host.close();
  });

  test.each([
    ["soon enough", 300, 1],
    ["too late for those who wait", 9000, 10],
  ])(
    "Redis takes the answer %s: they wait for that, not for its way there",
    async (_how, ms, times) => {
      const rest = new SlowRest(ms);
      const cache = { type: "redis-http", cluster: "rest", timeout: 20_000 };
      const config = { cache, singleFlight: { maxWaitMs: 5000 } };
      const host = await gateway(config, { clusters: { rest, backend: slow(completion("42")) } });
      const replies = await stampede(host, 10, 1);
      expect(asked(host)).toBe(times);
      expect(replies.map(textOf)).toEqual(Array(10).fill("42"));
      await host.close();
    },
  );

  test("an answer that is not stored sends those who wait on their way", async () => {
    const backend = slow(completion("busy"), 503);
    const host = await gateway(FLIGHT, { trace: false, clusters: { backend } });
    const replies = await stampede(host, 10, 1);
    expect(asked(host)).toBe(10);
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(503));
    await host.close();
  });

  test("a leader that leaves blocks nobody", async () => {
    const backend = slow(completion("42"));
    const host = await gateway(FLIGHT, { clusters: { backend } });
    const stream = await begin(host, question("q"));
    const second = await begin(host, question("q"));
    await host.clock.advance(100);
    await stream.abort();
    await host.clock.advance(3000);
    expect(textOf(await second.response())).toBe("42");
    await host.close();
  });

  test("nor does one that leaves while a neighbour is looked for", async () => {
    const config = {
      ...FLIGHT,
      enableSemanticCache: true,
      embedding: { type: "ollama", cluster: "embedding" },
      vector: { type: "chroma", cluster: "vectors", collectionID: "c" },
    };
    const embedding = upstream().after(4000).reply(500);
    const vectors = upstream().reply(500);
    const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion("42") });
    const host = await gateway(config, { clusters: { backend, embedding, vectors } });
    const leader = await begin(host, question("q"));
    const second = await begin(host, question("q"));
    await host.clock.advance(100);
    expect(asked(host)).toBe(0);
    await leader.abort();
    await host.clock.advance(200);
    expect(asked(host)).toBe(1);
    expect(textOf(await second.response())).toBe("42");
    await host.close();
  });

  test("nobody waits longer than maxWaitMs", async () => {
    const backend = upstream()
      .after(9000)
      .reply(200, { headers: JSON_TYPE, body: completion("42") });
    const config = { ...MEMORY, singleFlight: { maxWaitMs: 500 } };
    const host = await gateway(config, { clusters: { backend } });
    const [first, second] = [await begin(host, question("q")), await begin(host, question("q"))];
    await host.clock.advance(700);
    expect(asked(host)).toBe(2);
    await host.clock.advance(10_000);
    for (const stream of [first, second]) expect(textOf(await stream.response())).toBe("42");
    await host.close();
  });

  test("the answer of one who leads no more is good for those who wait for the next", async () => {
    const backend = upstream()
      .after(8000)
      .reply(200, { headers: JSON_TYPE, body: completion("42") });
    const host = await gateway(FLIGHT, { clusters: { backend } });
    const from = host.clock.now;
    const first = await begin(host, question("q"));
    await host.clock.advance(6000);
    const [second, third] = [await begin(host, question("q")), await begin(host, question("q"))];
    expect(asked(host)).toBe(2);
    await host.clock.advance(2200);
    expect(isHit(await third.response())).toBe(true);
    expect(host.clock.now - from).toBeLessThan(9000);
    await host.clock.advance(10_000);
    for (const stream of [first, second]) expect(textOf(await stream.response())).toBe("42");
    await host.close();
  });

  test("another question does not wait", async () => {
    const host = await gateway(FLIGHT, { clusters: { backend: slow(completion("42")) } });
    const streams = [await begin(host, question("a")), await begin(host, question("b"))];
    await host.clock.advance(100);
    expect(asked(host)).toBe(2);
    await host.clock.advance(2000);
    await Promise.all(streams.map((stream) => stream.response()));
    await host.close();
  });

  test("a clock that is set back holds nobody for as long", async () => {
    const backend = upstream().after(20_000).reply(503, { headers: JSON_TYPE, body: "{}" });
    const host = await gateway(FLIGHT, { clusters: { backend } });
    await begin(host, question("q"));
    await begin(host, question("q")); // follows
    expect(asked(host)).toBe(1);
    host.inject.clockJump(-3_600_000, 1);
    await begin(host, question("another"));
    await host.clock.advance(200);
    expect(asked(host)).toBe(3);
    // The lock of before would last another hour.
    await begin(host, question("q"));
    expect(asked(host)).toBe(4);
    await host.close();
  });
});

test("the same with answers in Redis: those who wait ask it again when the leader is done", async () => {
  const { host, redis } = await higress(
    { ...PEER, singleFlight: { maxWaitMs: 5000 } },
    { trace: false, clusters: { backend: slow(completion("42")) } },
  );
  const replies = await stampede(host, 50, 1);
  expect(asked(host)).toBe(1);
  expect(replies.filter(isHit)).toHaveLength(49);
  expect(redis.commands.filter(([name]) => name === "set")).toHaveLength(1);
  await host.close();
});

test("a Redis that does not take it sends them on their way", async () => {
  const { host, redis } = await higress(
    { ...PEER, singleFlight: { maxWaitMs: 5000 } },
    { clusters: { backend: slow(completion("42")) } },
  );
  const streams = [await begin(host, question("q")), await begin(host, question("q"))];
  redis.fail({ error: "OOM command not allowed when used memory > 'maxmemory'." });
  await host.clock.advance(1200);
  expect(asked(host)).toBe(2);
  await host.clock.advance(2000);
  for (const stream of streams) expect(textOf(await stream.response())).toBe("42");
  expect(host.metrics.all).toMatchObject({ ai_cache_store: 1, ai_cache_backend_error: 1 });
  await host.close();
});

test.each<[string, object, object]>([
  ["prefixes", { cacheKeyPrefix: "a:" }, { cacheKeyPrefix: "b:" }],
  ["databases", { database: 1 }, { database: 2 }],
])("rules whose Redis has other %s do not wait for each other", async (_what, a, b) => {
  const rule = (name: string, more: object) => ({
    _match_domain_: [`${name}.test`],
    cache: { ...PEER.cache, ...more },
    singleFlight: {},
  });
  const config = { _rules_: [rule("a", a), rule("b", b)] };
  const { host } = await higress(config, { clusters: { backend: slow(completion("42")) } });
  const streams = [];
  for (const name of ["a", "b", "a"]) {
    const stream = host.stream(`POST http://${name}.test${CHAT}`, { headers: JSON_TYPE });
    await stream.headers();
    await stream.data(question("q"), { end: true });
    streams.push(stream);
  }
  await host.clock.advance(500);
  expect(asked(host)).toBe(2);
  await host.clock.advance(2000);
  for (const stream of streams) expect(textOf(await stream.response())).toBe("42");
  await host.close();
});

test("who has waited for a leader gives Redis as long as everybody does", async () => {
  const { host, redis } = await higress(
    { ...PEER, singleFlight: { maxWaitMs: 5000 }, lookupDeadlineMs: 500 },
    { clusters: { backend: slow(completion("42")) } },
  );
  const streams = [await begin(host, question("q")), await begin(host, question("q"))];
  redis.after(200);
  await host.clock.advance(3000);
  for (const stream of streams) expect(textOf(await stream.response())).toBe("42");
  expect(asked(host)).toBe(1);
  expect(host.metrics.all["ai_cache_deadline"] ?? 0).toBe(0);
  await host.close();
});
