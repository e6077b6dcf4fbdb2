import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import {
  aiCache,
  ask,
  completion,
  gatewayOn,
  higress,
  isHit,
  JSON_TYPE,
  MEMORY,
  PEER,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// What single options do, each against an answer that shows it.

const data = (json: object) => `data: ${JSON.stringify(json)}\n\n`;

describe.each(BUILDS)("on %s", (build) => {
  const gateway = gatewayOn.bind(null, build);
  const piece = (content: string, finish_reason: string | null = null) =>
    data({ object: "chat.completion.chunk", choices: [{ delta: { content }, finish_reason }] });
  const unknown = data({ choices: [{ delta: { content: "a" } }] });

  /** Whether an answer is stored. */
  async function isStored(
    config: object,
    { body = completion("Hello"), type = JSON_TYPE, status = 200 }: Partial<Answer> = {},
    asked = question("q"),
  ): Promise<boolean> {
    const backend = upstream().reply(status, { headers: type, body });
    const host = await gateway({ ...MEMORY, ...config }, { clusters: { backend } });
    await ask(host, asked);
    const isFound = isHit(await ask(host, asked));
    await host.close();
    return isFound;
  }

  interface Answer {
    body: string;
    type: Record<string, string>;
    status: number;
  }

  const stream = (body: string) => ({ body, type: SSE_TYPE });
  const finished = (finish_reason: string) => ({
    body: JSON.stringify({ choices: [{ message: { content: "a" }, finish_reason }] }),
  });

  /** A stream of the Responses API that ends this way. */
  const response = (status: string) =>
    data({ type: "response.output_text.delta", delta: "a" }) +
    data({ type: `response.${status}`, response: { status } });
  const responses = { cacheStreamValueFrom: "delta" };

  /** Its last items, in a document or in the event that ends a stream. */
  const output = (part: object) => [{ type: "message", content: [part] }];
  const refused = { type: "refusal", refusal: "no" };
  const said = { type: "output_text", text: "a" };
  const outputText = { cacheValueFrom: "output.0.content.0.type" };
  const document = (part: object) => ({
    body: JSON.stringify({ object: "response", status: "completed", output: output(part) }),
  });

  test.each<[object, Partial<Answer>, boolean]>([
    // Errors that are no member `error`.
    [{}, stream(`${unknown}event: error\ndata: {"code":"Throttling"}\n\n`), false],
    [{}, stream(`${unknown}event:error\n\n`), false],
    [{}, stream(`${unknown}event: errors\ndata: {"code":1}\n\n`), true],
    [{}, stream(unknown + data({ object: "error", message: "it hurts" })), false],
    [
      {},
      stream(`${unknown}${data({ type: "error", message: "it hurts" })}data: [DONE]\n\n`),
      false,
    ],
    [{ compat: "peer" }, { body: completion("a").replace("chat.completion", "error") }, false],
    // Refusals of the Responses API.
    [
      responses,
      stream(data({ type: "response.refusal.delta", delta: "a" }) + response("completed")),
      false,
    ],
    [
      responses,
      stream(data({ type: "response.content_part.added", part: refused }) + response("completed")),
      false,
    ],
    [
      responses,
      stream(
        data({ type: "response.output_item.done", item: output(refused)[0] ?? {} }) +
          response("completed"),
      ),
      false,
    ],
    [
      responses,
      stream(
        response("completed").replace(
          '"response":{',
          `"response":{"output":${JSON.stringify(output(refused))},`,
        ),
      ),
      false,
    ],
    [
      responses,
      stream(
        response("completed").replace(
          '"response":{',
          `"response":{"output":${JSON.stringify(output(said))},`,
        ),
      ),
      true,
    ],
    [outputText, document(refused), false],
    [outputText, document(said), true],
    [responses, stream(response("completed")), true],
    [responses, stream(response("incomplete")), false],
    [{ ...responses, cacheFinishReasons: [] }, stream(response("incomplete")), true],
    [{ ...responses, compat: "peer" }, stream(response("incomplete")), true],
    [{ ...responses, cacheFinishReasons: [] }, stream(response("failed")), false],
    [{ requireTerminator: "auto" }, stream(unknown), true],
    [{ requireTerminator: "always" }, stream(unknown), false],
    [{ requireTerminator: "always" }, stream(`${unknown}data: [DONE]\n\n`), true],
    [{ requireTerminator: "auto" }, stream(piece("a")), false],
    [{ requireTerminator: "never" }, stream(piece("a")), true],
    [{ cacheFinishReasons: ["length"] }, finished("length"), true],
    [{ cacheFinishReasons: ["length"] }, finished("stop"), false],
    [{ cacheFinishReasons: [] }, finished("content_filter"), true],
    [{ cacheFinishReasons: ["length"] }, stream(piece("a", "length")), true],
    [{ cacheStatus: [200, 203] }, { status: 203 }, true],
    [{ cacheStatus: [203] }, { status: 200 }, false],
    [{ cacheStatus: [] }, { status: 418 }, true],
    [{ maxValueBytes: 5 }, {}, true],
    [{ maxValueBytes: 4 }, {}, false],
    [{ maxValueBytes: 0 }, { body: completion("x".repeat(60_000)) }, true],
    [{ cacheToolCallsFrom: "calls" }, { body: completion("a", { calls: ["x"] }) }, false],
    [{ cacheToolCallsFrom: "calls" }, { body: completion("a", { calls: [] }) }, true],
    [{}, { body: completion("a", { calls: ["x"] }) }, true],
  ])("%j of %j: stored %s", async (config, answer, expected) => {
    const asked = question("q", { stream: answer.type === SSE_TYPE });
    expect(await isStored(config, answer, asked)).toBe(expected);
  });

  describe("who may ask last", () => {
    const last = (role: string | null) =>
      JSON.stringify({ messages: [{ ...(role !== null && { role }), content: "ok" }] });

    test.each([
      ["user", true],
      [null, true],
      ["critic", true],
      ["assistant", false],
      ["tool", false],
      ["function", false],
    ])("%s: %s", async (role, expected) => {
      expect(await isStored({}, {}, last(role))).toBe(expected);
      expect(await isStored({ cacheNonUserTurns: true }, {}, last(role))).toBe(true);
      // With a path of one's own, that is the operator's business.
      expect(await isStored({ cacheKeyFrom: "messages.0.content" }, {}, last(role))).toBe(true);
    });
  });

  test.each([
    ["a byte order mark", `\uFEFF${question("q")}`],
    ["text", `x${question("q")}`],
    ["nothing at all", " "],
  ])("%s before the document: nothing is asked", async (_what, body) => {
    const host = await gateway(MEMORY);
    for (let i = 0; i < 2; i++) expect(isHit(await ask(host, body))).toBe(false);
    expect(host.metrics.all["ai_cache_miss"]).toBe(2);
    await host.close();
  });

  test("a debug line names the question by a digest, and nobody's words", async () => {
    const config = { ...MEMORY, bypassOn: [{ header: "x-off", equals: "1" }] };
    const host = await gateway(config, { logLevel: "debug", plugins: [aiCache(config)] });
    for (let i = 0; i < 2; i++)
      expect(textOf(await ask(host, question("secret words")))).toBe("Hello");
    await ask(host, question("other words"));
    await ask(host, question("secret words"), { "x-off": "1" });
    const lines = host.logs.map(({ text }) => text).filter((text) => text.includes("cache "));
    const digests = lines.map((line) =>
      /cache (hit|miss), key ([0-9a-f]{8})$/.exec(line)?.slice(1),
    );
    expect(digests.map((found) => found?.[0])).toEqual(["miss", "hit", "miss"]);
    expect(digests[0]?.[1]).toBe(digests[1]?.[1]);
    expect(digests[2]?.[1]).not.toBe(digests[0]?.[1]);
    expect(host.logs.filter(({ text }) => text.includes("words"))).toEqual([]);
    await host.close();
  });

  test("an answer that is good for longer than tables count is there after some minutes", async () => {
    const host = await gateway({ cache: { type: "memory", cacheTTL: 4_000_000_000 } });
    await ask(host, question("q"));
    await host.clock.advance(180_000);
    expect(isHit(await ask(host, question("q")))).toBe(true);
    await host.close();
  });
});

describe("Redis", () => {
  test("database, the port of a static service, and first generation's fields", async () => {
    const at80 = "outbound|80||redis.static";
    const config = {
      redis: { serviceName: "redis.static", database: 3, cacheTTL: 9 },
      cacheTTL: 60,
      cacheKeyPrefix: "old:",
      cacheKeyFrom: { requestBody: "messages.0.content" },
      cacheValueFrom: { responseBody: "choices.0.message.content" },
    };
    const { redis } = await higress(PEER);
    const { host } = await higress(config, { clusters: { [at80]: redis } });
    await ask(host, question("q"));
    expect(redis.commands.map((words) => words.join(" "))).toEqual([
      "get old:q",
      "set old:q Hello ex 60",
    ]);
    await host.close();
    const cache = { type: "redis", serviceName: "redis.static", cacheKeyPrefix: "old:" };
    for (const [database, expected] of [
      [3, true],
      [0, false],
    ] as const) {
      const config = { cache: { ...cache, database } };
      const { host } = await higress(config, { clusters: { [at80]: redis } });
      expect([database, isHit(await ask(host, question("q")))]).toEqual([database, expected]);
      await host.close();
    }
  });

  test("consumerHeader names who asks", async () => {
    const { host, redis } = await higress({ ...PEER, consumerHeader: "X-User" });
    await ask(host, question("q"), { "x-mse-consumer": "alice" });
    await ask(host, question("q"), { "x-user": "alice" });
    expect(redis.commands[0]?.[1]).toBe("higress-ai-cache:q");
    expect(redis.commands[2]?.[1]).toMatch(/^higress-ai-cache:v1:[0-9a-f]{64}$/);
    await host.close();
  });
});
