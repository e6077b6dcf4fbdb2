import { redis } from "proxy-wasm-test";
import { describe, expect, it } from "vitest";
import { DATABASE_DIALECTS } from "../../support/vectors/databases.js";
import { BUILDS, SemanticGateway } from "./semantic-gateway.js";

/* Neighbours and exact caches together: Redis as the peer has it, and what a lifetime means. */

const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const REDIS = "outbound|6379||redis.dns";
const PREFIX = "higress-ai-cache:";

describe("with Redis", () => {
  const open = async (): Promise<{
    gateway: SemanticGateway;
    server: ReturnType<typeof redis>;
  }> => {
    const server = redis();
    const cache = { type: "redis", serviceName: "redis.dns" };
    const more = { cache, enableSemanticCache: true };
    const clusters = { [REDIS]: server };
    return { gateway: await SemanticGateway.open("higress", { more, clusters }), server };
  };
  const words = (server: ReturnType<typeof redis>): string[] =>
    server.commands.map((command) => command.join(" "));

  it("a neighbour's answer is written under the new question", async () => {
    const { gateway, server } = await open();
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
    expect(words(server)).toEqual([
      `get ${PREFIX}${ASKED}`,
      `set ${PREFIX}${ASKED} answer 1`,
      `get ${PREFIX}${AGAIN}`,
      `set ${PREFIX}${AGAIN} answer 1`,
      `get ${PREFIX}${AGAIN}`,
    ]);
    expect(gateway.embedding.requests).toHaveLength(2);
  });

  it("a neighbour without an answer is looked up, and nothing is written", async () => {
    const { gateway, server } = await open();
    await gateway.ask(ASKED);
    for (const point of gateway.index.all) point.fields.answer = "";
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
    expect(words(server).slice(2)).toEqual([`get ${PREFIX}${AGAIN}`, `get ${PREFIX}${ASKED}`]);
    server.command("del", `${PREFIX}${ASKED}`);
    expect(await gateway.ask(AGAIN)).toBe("answer 2");
  });

  it("what the peer has stored is found", async () => {
    const { gateway } = await open();
    await gateway.ask(ASKED);
    const [point] = gateway.index.all;
    expect(point?.fields).toEqual({ question: ASKED, answer: "answer 1" });
  });

  it("consumers do not see each other", async () => {
    const { gateway } = await open();
    expect(await gateway.ask(ASKED, { consumer: "alice" })).toBe("answer 1");
    expect(await gateway.ask(AGAIN, { consumer: "bob" })).toBe("answer 2");
    expect(await gateway.ask(AGAIN)).toBe("answer 3");
    expect(await gateway.ask(AGAIN, { consumer: "alice" })).toBe("answer 1");
    expect(gateway.refusals).toEqual([]);
  });
});

describe.each(BUILDS)("without an exact cache on %s", (build) => {
  const bodies = (gateway: SemanticGateway): unknown[] =>
    gateway.vectors.requests.map(({ body }) => JSON.parse(body) as unknown);

  it("searches and entries are the peer's, whatever the route and the model", async () => {
    const gateway = await SemanticGateway.open(build);
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    const [search, upload] = bodies(gateway) as [{ limit: number }, { points: object[] }];
    expect(search).toMatchObject({ limit: 1, with_payload: true });
    expect(upload.points).toMatchObject([{ payload: { question: ASKED, answer: "answer 1" } }]);
    expect(await gateway.ask(AGAIN, { model: "another" })).toBe("answer 1");
  });

  it("a consumer has answers of its own, unless compat is peer", async () => {
    for (const [compat, others] of [
      ["secure", "answer 2"],
      ["peer", "answer 1"],
    ] as const) {
      const gateway = await SemanticGateway.open(build, { more: { compat } });
      expect(await gateway.ask(ASKED, { consumer: "alice" })).toBe("answer 1");
      expect(await gateway.ask(AGAIN, { consumer: "bob" })).toBe(others);
      expect(await gateway.ask(AGAIN, { consumer: "alice" })).toBe("answer 1");
    }
  });
});

describe.each(BUILDS)("a lifetime on %s", (build) => {
  const more = { cache: { type: "memory", cacheTTL: 60 }, enableSemanticCache: true };
  it.each(DATABASE_DIALECTS)("old answers of $name are asked for again", async (database) => {
    // Milvus has to know the field.
    const partitionMode = database.name === "milvus" ? "filter" : "prefix";
    const gateway = await SemanticGateway.open(build, {
      database,
      more,
      vector: { partitionMode },
    });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    await gateway.host.clock.advance(50_000);
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
    await gateway.host.clock.advance(61_000);
    expect(await gateway.ask(ASKED)).toBe("answer 2");
    expect(await gateway.ask(AGAIN)).toBe("answer 2");
    const isReplaced = database.name !== "milvus";
    expect(gateway.index.size).toBe(isReplaced ? 1 : 2);
    expect(gateway.refusals).toEqual([]);
  });
});
