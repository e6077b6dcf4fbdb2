import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DATABASE_DIALECTS } from "../../support/vectors/databases.js";
import { EMBEDDING_DIALECTS } from "../../support/vectors/embeddings.js";
import { BUILDS, SemanticGateway } from "./semantic-gateway.js";

const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const OTHER = "Write a poem about spring in Paris.";

describe.each(BUILDS)("on %s", (build) => {
  describe.each(DATABASE_DIALECTS)("$name", (database) => {
    it("a miss is stored, a near question gets its answer, another does not", async () => {
      const gateway = await SemanticGateway.open(build, { database });
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(gateway.index.size).toBe(1);
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      expect(await gateway.ask(OTHER)).toBe("answer 2");
      expect(await gateway.ask(OTHER)).toBe("answer 2");
      expect(gateway.index.size).toBe(2);
      expect(gateway.model.asked).toEqual([ASKED, OTHER]);
      expect(gateway.refusals).toEqual([]);
    });

    it("streams, too, and what was no stream is replayed as one", async () => {
      const gateway = await SemanticGateway.open(build, { database });
      expect(await gateway.ask(ASKED, { stream: true })).toBe("answer 1");
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      expect(await gateway.ask(AGAIN, { stream: true })).toBe("answer 1");
      expect(gateway.model.asked).toEqual([ASKED]);
      expect(gateway.refusals).toEqual([]);
    });

    it.each(["prefix", "filter"])(
      "partitions do not see each other (%s)",
      async (partitionMode) => {
        const more = { cacheKeyPartition: ["consumer", "model"] };
        const vector = { partitionMode };
        const gateway = await SemanticGateway.open(build, { database, vector, more });
        const askers = [{ consumer: "alice" }, { consumer: "bob" }, { model: "other" }];
        for (const [i, asker] of askers.entries()) {
          expect(await gateway.ask(ASKED, asker)).toBe(`answer ${i + 1}`);
        }
        for (const [i, asker] of askers.entries()) {
          expect(await gateway.ask(AGAIN, asker)).toBe(`answer ${i + 1}`);
        }
        expect(gateway.model.asked).toHaveLength(3);
        expect(gateway.index.size).toBe(3);
        expect(gateway.refusals).toEqual([]);
      },
    );

    it("nobody without a partition plants an answer in somebody else's", async () => {
      const more = { cacheKeyPartition: ["consumer"] };
      const gateway = await SemanticGateway.open(build, { database, more });
      const alice = createHash("sha256").update("consumer=5:alice").digest("hex");
      // As near to hers as can be, in spite of the mark.
      const planted = `aicp1:${alice}:${ASKED.repeat(30)}`;
      expect(await gateway.ask(planted)).toBe("answer 1");
      expect(await gateway.ask(ASKED, { consumer: "alice" })).toBe("answer 2");
      expect(await gateway.ask(planted)).toBe("answer 3");
      expect(gateway.index.size).toBe(1);
      expect(gateway.embedding.requests).toHaveLength(1);
      // Behind a mark of her own it is a question like any other.
      expect(await gateway.ask(planted, { consumer: "alice" })).toBe("answer 2");
    });

    it("without a partition questions are stored as the peer stores them", async () => {
      const more = { cacheKeyPartition: [] };
      const gateway = await SemanticGateway.open(build, { database, more });
      expect(await gateway.ask(ASKED, { consumer: "alice" })).toBe("answer 1");
      expect(await gateway.ask(AGAIN, { consumer: "bob" })).toBe("answer 1");
      const [point] = gateway.index.all;
      expect([...Object.values(point?.fields ?? {}), point?.id]).toContain(ASKED);
    });

    it("the other way round all but near questions hit", async () => {
      const gateway = await SemanticGateway.open(build, { database, vector: database.opposite });
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(await gateway.ask(AGAIN)).toBe("answer 2");
      expect(await gateway.ask(OTHER)).toMatch(/^answer [12]$/);
      expect(gateway.model.asked).toEqual([ASKED, AGAIN]);
    });
  });

  it.each(EMBEDDING_DIALECTS)("$config.type embeds", async (embedding) => {
    const gateway = await SemanticGateway.open(build, { embedding });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
    expect(await gateway.ask(OTHER)).toBe("answer 2");
    expect(gateway.refusals).toEqual([]);
  });

  describe("questions in parts", () => {
    const text = (part: string): object => ({ type: "text", text: part });
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
    const embedded = (gateway: SemanticGateway): unknown =>
      (JSON.parse(gateway.embedding.last?.body ?? "{}") as { input?: unknown }).input;

    it("their texts are embedded", async () => {
      const gateway = await SemanticGateway.open(build);
      expect(await gateway.ask([text("How tall is"), text("Mount Everest?")])).toBe("answer 1");
      expect(embedded(gateway)).toBe("How tall is\nMount Everest?");
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
    });

    it("those with an image have no neighbours, and are none", async () => {
      const gateway = await SemanticGateway.open(build);
      expect(await gateway.ask([text(ASKED), image])).toBe("answer 1");
      expect(await gateway.ask([image])).toBe("answer 2");
      expect(gateway.embedding.requests).toHaveLength(0);
      expect(gateway.index.size).toBe(0);
      expect(await gateway.ask(AGAIN)).toBe("answer 3");
    });

    it.each([
      ["all questions", { cacheKeyStrategy: "allQuestions" }],
      ["a path of one's own", { cacheKeyFrom: "messages.0.content" }],
      ["a path to whole messages", { cacheKeyFrom: "messages" }],
      ["a path to several contents", { cacheKeyFrom: "messages.#.content" }],
    ])("%s: images are not embedded", async (_what, more) => {
      const gateway = await SemanticGateway.open(build, { more });
      expect(await gateway.ask([text(ASKED), image])).toBe("answer 1");
      expect(await gateway.ask([text(ASKED), image])).toBe("answer 2");
      expect(gateway.embedding.requests).toHaveLength(0);
      expect(gateway.index.size).toBe(0);
      await gateway.ask(ASKED);
      expect(gateway.embedding.requests).toHaveLength(1);
    });

    it.each([
      ["all questions", { cacheKeyStrategy: "allQuestions" }],
      ["a path of one's own", { cacheKeyFrom: "messages.0.content" }],
    ])("%s: texts are embedded without their braces", async (_what, more) => {
      const gateway = await SemanticGateway.open(build, { more });
      expect(await gateway.ask([text("How tall is"), text("Mount Everest?")])).toBe("answer 1");
      expect(embedded(gateway)).toBe("How tall is\nMount Everest?");
    });
  });

  describe("behind an exact cache", () => {
    const more = { cache: { type: "memory" }, enableSemanticCache: true };

    it("what a neighbour answered is found exactly from then on", async () => {
      const gateway = await SemanticGateway.open(build, { more });
      await gateway.ask(ASKED);
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      const calls = gateway.embedding.requests.length;
      expect(calls).toBe(2);
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(gateway.embedding.requests).toHaveLength(calls);
      expect(gateway.model.asked).toEqual([ASKED]);
    });

    it("is not asked unless that is configured", async () => {
      const gateway = await SemanticGateway.open(build, { more: { cache: { type: "memory" } } });
      await gateway.ask(ASKED);
      expect(await gateway.ask(AGAIN)).toBe("answer 2");
      expect(gateway.embedding.requests).toHaveLength(0);
      const warnings = gateway.host.logs.filter(({ level }) => level === "warn");
      expect(warnings.map(({ text }) => text).join()).toContain("enableSemanticCache is not set");
    });

    it("a neighbour without an answer has one in the exact cache", async () => {
      const gateway = await SemanticGateway.open(build, { more });
      await gateway.ask(ASKED);
      for (const point of gateway.index.all) point.fields.answer = "";
      expect(await gateway.ask(AGAIN)).toBe("answer 1");
      expect(gateway.model.asked).toEqual([ASKED]);
    });
  });
});
