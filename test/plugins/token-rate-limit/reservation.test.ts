import {
  Random,
  upstream,
  type Host,
  type NativeFilter,
  type StreamHandle,
  type Upstream,
} from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  body,
  FLEETS,
  LIMIT,
  liveRedis,
  nextName,
  PASSWORD,
  remaining,
  RESERVING,
  send,
  startStores,
  stopStores,
} from "./fleets.js";
import {
  answer,
  CHAT,
  higress,
  JSON_TYPE,
  logged,
  REDIS_CLUSTER,
  sse,
  SSE_TYPE,
} from "./support.js";

// Reservations: requests that run at once never exceed a limit together, and whatever becomes of
// them, the counter is right in the end.

beforeAll(startStores);
afterAll(stopStores);

/** An upstream whose answers come when the test says so; each uses a part of what it may. */
class Patient {
  readonly waiting: (() => number)[] = [];

  constructor(private readonly random: Random) {}

  /** Lets one request, any of them, be answered. @returns the tokens that it used */
  answerOne(): number {
    return this.waiting.splice(this.random.below(this.waiting.length), 1)[0]?.() ?? 0;
  }

  upstream(): Upstream {
    return upstream().script((request, sink) => {
      if (request.method === "GET") return sink.headers([[":status", "204"]], true);
      this.waiting.push(() => {
        const most = Number(/"max_tokens":(\d+)/.exec(request.body)?.[1]);
        const output = this.random.below(most + 1);
        sink.headers([[":status", "200"], ...Object.entries(JSON_TYPE)]);
        sink.data(answer(1, output), true);
        return 1 + output;
      });
    });
  }
}

describe.each(FLEETS)("%s", (_what, open) => {
  test.each([1, 2, 3])(
    "64 interleaved requests never use more than the limit (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      const patient = new Patient(random);
      const hosts = await open({ clusters: { backend: patient.upstream() } });
      const idle = async (): Promise<void> => {
        for (const host of hosts) await host.clock.advance(1);
      };
      const streams: StreamHandle[] = [];
      let used = 0;
      for (let i = 0; i < 64; i++) {
        const host = hosts[random.below(hosts.length)];
        if (host) streams.push(await send(host, random.below(2), 1 + random.below(120)));
        await idle();
        while (patient.waiting.length > random.below(9)) {
          used += patient.answerOne();
          await idle();
        }
      }
      while (patient.waiting.length) used += patient.answerOne();
      await idle();
      const statuses = streams.map(({ partial }) => partial.status);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
      expect(used).toBeLessThanOrEqual(LIMIT);
      expect(used).toBeGreaterThan(LIMIT / 2);
      expect(await remaining(hosts[0]!)).toBe(LIMIT - used);
      for (const host of hosts) await host.close();
    },
  );
});

/** One way a request ends, and what it counts. */
interface End {
  tokens: number;
  backend?: Upstream;
  /** Drives the request; by default it is sent and answered. */
  run?: (host: Host) => Promise<unknown>;
  after?: NativeFilter;
  more?: object;
}

const STREAM_START = sse({ message: { usage: { input_tokens: 25, output_tokens: 1 } } });

const ENDS: Record<string, End> = {
  "an answer": { tokens: 15 },
  "an answer larger than its reservation": {
    tokens: 500,
    backend: upstream().reply(200, { body: answer(100, 400), headers: JSON_TYPE }),
  },
  "an answer in pieces": {
    tokens: 15,
    backend: upstream().reply(200, { chunks: [...answer(10, 5)], headers: JSON_TYPE }),
  },
  "an answer with trailers": {
    tokens: 15,
    backend: upstream().reply(200, {
      body: answer(10, 5),
      headers: JSON_TYPE,
      trailers: { a: "1" },
    }),
  },
  "an answer without usage: estimated, 1 token each way": {
    tokens: 2,
    backend: upstream().reply(200, { body: '{"content":"hello"}', headers: JSON_TYPE }),
  },
  "an answer without a body: the prompt": { tokens: 1, backend: upstream().reply(204) },
  "a compressed answer: estimated by its length": {
    tokens: 3,
    backend: upstream().reply(200, {
      body: "x".repeat(2000),
      headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    }),
  },
  "an error": { tokens: 0, backend: upstream().reply(500, { body: "{}", headers: JSON_TYPE }) },
  "an error that says what it used": {
    tokens: 15,
    backend: upstream().reply(400, { body: answer(10, 5), headers: JSON_TYPE }),
  },
  "an upstream that refuses the connection": { tokens: 0, backend: upstream().refuse() },
  "an upstream that resets": { tokens: 0, backend: upstream().reset() },
  "no upstream": { tokens: 0, backend: upstream().noEndpoints() },
  "an upstream that is too slow": {
    tokens: 0,
    backend: upstream().never(),
    run: (host) => send(host, 0, 50),
  },
  "an answer that breaks off": {
    tokens: 26,
    backend: upstream().reply(200, {
      chunks: [STREAM_START, "data: "],
      headers: SSE_TYPE,
      cutAfter: 2,
    }),
  },
  "a client that leaves before its body is complete": {
    tokens: 0,
    run: async (host) => {
      const stream = host.stream(`POST ${CHAT}`, { headers: { "content-length": "99" } });
      await stream.headers();
      await stream.data('{"max_');
      await stream.abort();
    },
  },
  "a client that leaves before the answer: the prompt": {
    tokens: 1,
    backend: upstream().never(),
    run: async (host) => (await send(host, 0, 50)).abort(),
  },
  "a client that leaves in the middle of the answer": {
    tokens: 26,
    backend: upstream().reply(200, {
      chunks: [STREAM_START, "data: 1"],
      every: 50,
      headers: SSE_TYPE,
    }),
    run: async (host) => {
      const stream = await send(host, 0, 50);
      await host.clock.advance(10);
      await stream.abort();
    },
  },
  "a later filter that refuses": {
    tokens: 0,
    after: {
      name: "later",
      native: {
        requestHeaders: (headers, _end, control) => {
          if (headers.get(":method") === "GET") return;
          control.reply(401, { body: "no" });
          return "StopIteration";
        },
      },
    },
  },
};

describe.each(FLEETS)("%s: whatever becomes of a request, the counter is right", (_what, open) => {
  test.each(Object.entries(ENDS))("%s", async (_end, { tokens, backend, run, after }) => {
    const models = upstream().on("GET /v1/models").reply(204);
    const both = backend ?? upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE });
    const [host, other] = await open({
      clusters: { backend: both, models },
      routes: [
        { match: { prefix: "/v1/models" }, cluster: "models" },
        { cluster: "backend", timeoutMs: 1000 },
      ],
      ...(after ? { after: [after] } : {}),
    });
    if (!host) throw new Error("no gateway");
    if (run) await run(host);
    else await (await send(host, 0, 50)).response().catch(() => undefined);
    await host.clock.advance(2000);
    await host.clock.runToIdle();
    expect(await remaining(other ?? host)).toBe(LIMIT - tokens);
    await host.close();
    await other?.close();
  });
});

describe("a client that leaves while Redis decides", () => {
  test.each([
    ["gets back what Redis took for it", 50, 0],
    ["gets nothing back that was never taken", 5000, 900],
  ])("%s", async (_what, completion, before) => {
    const name = nextName();
    const config = {
      rule_name: name,
      redis: { service_name: "redis.dns", password: PASSWORD },
      ...RESERVING,
    };
    const slow = liveRedis().after(50);
    const clusters = {
      [REDIS_CLUSTER]: slow,
      backend: upstream().reply(200, { body: answer(before, 0), headers: JSON_TYPE }),
    };
    const { host } = await higress(config, { clusters });
    if (before > 0) {
      const first = await send(host, 0, before);
      await host.clock.advance(100);
      await first.response();
      await host.clock.advance(100);
    }
    const stream = await send(host, 0, completion);
    await stream.abort();
    await host.clock.advance(200);
    await host.clock.runToIdle();
    const probe = host.fetch("/v1/models");
    const reply = await probe.settle(1000);
    expect(Number(reply.headers.get("x-ratelimit-remaining-tokens"))).toBe(LIMIT - before);
    await host.close();
  });
});

test("a correction that cannot be sent is logged, and is no charge", async () => {
  const link = liveRedis();
  const backend = upstream()
    .after(100)
    .reply(200, { body: answer(10, 5), headers: JSON_TYPE });
  const redisBlock = { service_name: "redis.dns", password: PASSWORD };
  const { host } = await higress(
    { rule_name: "unsent", redis: redisBlock, ...RESERVING },
    { clusters: { [REDIS_CLUSTER]: link, backend } },
  );
  const pending = host.fetch(CHAT, { method: "POST", headers: JSON_TYPE, body: body(40) });
  await host.clock.advance(10);
  link.hasEndpoints = false;
  expect((await pending.advance(200)).status).toBe(200);
  expect(host.metrics.all["token_rate_limit_charged_tokens"] ?? 0).toBe(0);
  expect(host.metrics.all["token_rate_limit_refunded_tokens"] ?? 0).toBe(0);
  expect(logged(host)).toContainEqual(expect.stringContaining("error redis call failed: "));
  await host.close();
});
