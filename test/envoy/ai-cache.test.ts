import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { startGateway, type Gateway } from "./gateway.js";

// A real Envoy with several workers. Nobody gets another one's answer, a crowd that asks one new
// question reaches the model once, and a Redis that dies under load is nobody's trouble.

const LIMIT_MS = 120_000;
const WORKERS = 4;
const PATH = "/v1/chat/completions";

interface Reply {
  status: number;
  cache: string | undefined;
  text: string;
}

/** A model that counts, and answers what it was asked and by whom. */
class Model {
  asked = 0;
  delayMs = 0;
  private readonly server: Server = createServer((asked, answer) => {
    let body = "";
    asked.on("data", (part: Buffer) => (body += part.toString()));
    asked.on("end", () => {
      this.asked++;
      const { stream, messages } = JSON.parse(body) as Question;
      const text = `${messages.at(-1)?.content} for ${String(asked.headers["x-mse-consumer"])}`;
      setTimeout(() => {
        answer.setHeader("content-type", stream ? "text/event-stream" : "application/json");
        if (!stream) return answer.end(completion(text));
        for (const piece of text.match(/.{1,5}/g) ?? []) answer.write(chunk(piece));
        return answer.end(chunk("", "stop") + "data: [DONE]\n\n");
      }, this.delayMs);
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((ready) => this.server.listen(0, "127.0.0.1", ready));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

interface Question {
  stream?: boolean;
  messages: { content: string }[];
}

function completion(content: string): string {
  const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
  return JSON.stringify({ object: "chat.completion", choices: [choice] });
}

function chunk(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: { content }, finish_reason: finish };
  const event = { object: "chat.completion.chunk", choices: [choice] };
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** The text of an answer, whichever way it came. */
function textOf(body: string): string {
  if (!body.startsWith("data:")) {
    const answer = JSON.parse(body) as { choices: { message: { content: string } }[] };
    return answer.choices[0]?.message.content ?? "";
  }
  const events = body.split("\n\n").map((event) => event.replace(/^data: ?/, ""));
  return events
    .filter((data) => data !== "" && data !== "[DONE]")
    .map((data) => (JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0])
    .map((choice) => choice?.delta.content ?? "")
    .join("");
}

let model: Model;
let gate: Gateway | null = null;

beforeAll(async () => {
  await buildPlugins(["ai-cache"], ["envoy"]);
  model = await new Model().start();
}, LIMIT_MS);
afterAll(() => model.stop());
afterEach(async () => {
  await gate?.envoy.stop();
  gate = null;
  model.delayMs = 0;
});

async function open(config: object, clusters: Record<string, number> = {}): Promise<Gateway> {
  const file = "build/envoy/ai-cache.wasm";
  const plugin = {
    name: "ai-cache",
    file,
    config: JSON.stringify({ cacheHeaders: true, ...config }),
  };
  gate = await startGateway({
    plugins: [plugin],
    upstreamPort: model.port,
    clusters,
    workers: WORKERS,
  });
  model.asked = 0;
  return gate;
}

/** Asks over a connection of its own: any worker may get it. */
function ask(
  { port }: Gateway,
  content: string,
  { consumer = "nobody", stream = false, agent = new Agent() } = {},
): Promise<Reply> {
  const body = JSON.stringify({ model: "m", stream, messages: [{ role: "user", content }] });
  const headers = { "content-type": "application/json", "x-mse-consumer": consumer };
  return new Promise((done, fail) => {
    const options = { host: "127.0.0.1", port, method: "POST", path: PATH, headers, agent };
    const sent = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () =>
        done({
          status: answer.statusCode ?? 0,
          cache: answer.headers["x-cache-status"] as string | undefined,
          text: answer.statusCode === 200 ? textOf(text) : text,
        }),
      );
    });
    sent.on("error", fail);
    sent.setTimeout(30_000, () => sent.destroy(new Error("no answer in 30 s")));
    sent.end(body);
  });
}

async function counter(name: string): Promise<number> {
  const stats = (await gate?.envoy.get(`/stats?filter=wasmcustom.${name}$`)) ?? "";
  return Number(/: (\d+)/.exec(stats)?.[1] ?? 0);
}

describe("answers in the memory of the gateway", () => {
  test("are there for all workers, and for nobody else", async () => {
    const gateway = await open({});
    for (const stream of [false, true]) {
      const question = `q ${stream}`;
      const first = await ask(gateway, question, { consumer: "alice", stream });
      expect(first).toEqual({ status: 200, cache: "miss", text: `${question} for alice` });
      const again = await Promise.all(
        Array.from({ length: 40 }, (_client, i) =>
          ask(gateway, question, { consumer: "alice", stream: i % 2 === 0 }),
        ),
      );
      for (const reply of again) {
        expect(reply).toEqual({ status: 200, cache: "hit", text: `${question} for alice` });
      }
      const other = await ask(gateway, question, { consumer: "bob", stream });
      expect(other).toEqual({ status: 200, cache: "miss", text: `${question} for bob` });
    }
    expect(model.asked).toBe(4);
    expect(await counter("ai_cache_memory_entries")).toBe(4);
  });

  test("never get mixed up, whoever asks what at once", async () => {
    const gateway = await open({ cache: { type: "memory", memory: { maxEntries: 16 } } });
    const agents = Array.from({ length: 32 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const work = agents.map(async (agent, client) => {
      for (let i = 0; i < 60; i++) {
        const consumer = `c${(client + i) % 5}`;
        const question = `q${(client * 7 + i * 3) % 9}`;
        const reply = await ask(gateway, question, { consumer, agent, stream: i % 3 === 0 });
        expect(reply).toMatchObject({ status: 200, text: `${question} for ${consumer}` });
      }
      agent.destroy();
    });
    await Promise.all(work);
    // So small a table was too small at times.
    expect(await counter("ai_cache_hit")).toBeGreaterThan(100);
    expect(await counter("ai_cache_memory_evictions")).toBeGreaterThan(0);
    expect(await counter("ai_cache_memory_entries")).toBeLessThanOrEqual(16);
  });

  test("five hundred clients ask one new question: the model is asked once", async () => {
    model.delayMs = 500;
    const gateway = await open({ singleFlight: { maxWaitMs: 20_000 } });
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_client, i) => ask(gateway, "new", { stream: i % 2 === 0 })),
    );
    expect(model.asked).toBe(1);
    expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(["new for nobody"]));
    expect(replies.filter(({ cache }) => cache === "hit")).toHaveLength(499);
  });

  test("a client that leaves early takes nothing with it", async () => {
    model.delayMs = 300;
    const gateway = await open({ singleFlight: { maxWaitMs: 20_000 } });
    const agent = new Agent();
    const leaving = ask(gateway, "left", { agent }).catch(() => "left");
    setTimeout(() => agent.destroy(), 100);
    const staying = ask(gateway, "left");
    expect(await leaving).toBe("left");
    expect((await staying).text).toBe("left for nobody");
    expect((await ask(gateway, "left")).cache).toBe("hit");
  });
});

describe("answers in Redis, behind HTTP", () => {
  let redis: DurableRedis;
  const fronts = {} as Record<RestDialect, RestRedis>;
  beforeAll(async () => {
    redis = await DurableRedis.start("cache-secret");
    fronts.upstash = await RestRedis.start(redis, "upstash");
    fronts.webdis = await RestRedis.start(redis, "webdis");
  }, LIMIT_MS);
  afterAll(async () => {
    for (const front of Object.values(fronts)) front.stop();
    await redis?.stop();
  });

  const cache = (dialect: RestDialect) => ({ type: "redis-http", cluster: "rest", dialect });

  test.each(["upstash", "webdis"] as const)(
    "%s: any text comes back as it was",
    async (dialect) => {
      const gateway = await open(
        { cache: cache(dialect), cacheVersion: dialect },
        { rest: fronts[dialect].port },
      );
      for (const question of ["plain", 'with "quotes" / and % . + ?', "中文 😀 é", "a\nb\tc\\d"]) {
        const first = await ask(gateway, question);
        expect(first).toEqual({ status: 200, cache: "miss", text: `${question} for nobody` });
        await expect
          .poll(() => ask(gateway, question), { timeout: 5000 })
          .toEqual({ status: 200, cache: "hit", text: `${question} for nobody` });
      }
    },
  );

  test(
    "Redis is killed under load and started again: every request is answered",
    async () => {
      const gateway = await open({ cache: cache("upstash") }, { rest: fronts.upstash.port });
      const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
      const replies: Reply[] = [];
      let isOver = false;
      const more = async (count: number) => {
        const wanted = replies.length + count;
        await expect.poll(() => replies.length, { timeout: 30_000 }).toBeGreaterThan(wanted);
      };
      const work = agents.map(async (agent, client) => {
        for (let i = 0; !isOver; i++) {
          const question = `q${(client + i) % 20}`;
          const reply = await ask(gateway, question, { agent });
          expect(reply).toMatchObject({ status: 200, text: `${question} for nobody` });
          replies.push(reply);
        }
        agent.destroy();
      });
      const load = Promise.all(work);
      await more(100);
      expect(replies.some((reply) => reply.cache === "hit")).toBe(true);
      await redis.kill();
      try {
        await more(200);
        await expect
          .poll(() => counter("ai_cache_store_breaker_open"), { timeout: 30_000 })
          .toBe(1);
      } finally {
        await redis.revive();
      }
      const isHitAgain = () => replies.slice(-8).every((reply) => reply.cache === "hit");
      await expect.poll(isHitAgain, { timeout: 30_000 }).toBe(true);
      isOver = true;
      await load;
    },
    LIMIT_MS,
  );
});
