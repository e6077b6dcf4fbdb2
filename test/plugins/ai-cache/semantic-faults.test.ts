import { describe, expect, it } from "vitest";
import { DATABASE_DIALECTS } from "../../support/vectors/databases.js";
import { EMBEDDING_DIALECTS } from "../../support/vectors/embeddings.js";
import { chatOf } from "./chat.js";
import { BUILDS, SemanticGateway } from "./semantic-gateway.js";
import type { Mood } from "./service-cluster.js";

/* Whatever an embedding service or a database does, requests go on as misses. */

const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const MOODS: Mood[] = ["silent", "down", "reset", "garbage", "failing", "html", "empty"];
/** `lookupDeadlineMs`, and what a tick may come late. */
const DEADLINE_MS = 3100;

/** Asks in each mood, then when all is well; answers are those of the model until then. */
async function trouble(gateway: SemanticGateway, cause: (mood: Mood) => void): Promise<void> {
  let answers = 0;
  /** As long as a service is left alone. */
  const rest = () => gateway.host.clock.advance(3000);
  for (const mood of MOODS) {
    cause(mood);
    await rest();
    const from = gateway.host.clock.now;
    expect(await gateway.ask(ASKED), mood).toBe(`answer ${++answers}`);
    expect(gateway.host.clock.now - from, mood).toBeLessThanOrEqual(DEADLINE_MS);
    await rest();
    expect(await gateway.ask(AGAIN, { stream: true }), mood).toBe(`answer ${++answers}`);
  }
  cause("well");
  await rest();
  const last = await gateway.ask("Where is Timbuktu?");
  expect(last).toBe(`answer ${answers + 1}`);
  expect(await gateway.ask("Where is Timbuktu ?")).toBe(last);
  expect(gateway.refusals).toEqual([]);
}

describe.each(BUILDS)("on %s", (build) => {
  it.each(DATABASE_DIALECTS)("$name in trouble", async (database) => {
    const gateway = await SemanticGateway.open(build, { database });
    await trouble(gateway, (mood) => (gateway.vectors.mood = mood));
  });

  it.each(EMBEDDING_DIALECTS)("$config.type in trouble", async (embedding) => {
    const gateway = await SemanticGateway.open(build, { embedding });
    await trouble(gateway, (mood) => (gateway.embedding.mood = mood));
    expect(gateway.index.size).toBe(1);
  });

  it.each([
    ["embedding", "embedding", "silent"],
    ["vectors", "vector", "silent"],
    ["embedding", "embedding", "failing"],
    ["vectors", "vector", "down"],
  ] as const)("%s is left alone after five failures (%s, %s)", async (name, told, mood) => {
    const gateway = await SemanticGateway.open(build);
    const { host } = gateway;
    const asked = async (): Promise<[waitedMs: number, calls: number]> => {
      const [from, calls] = [host.clock.now, gateway[name].requests.length];
      await gateway.ask(ASKED);
      return [host.clock.now - from, gateway[name].requests.length - calls];
    };
    gateway[name].mood = mood;
    for (let i = 0; i < 5; i++) await asked();
    const isOpen = () => host.metrics.all[`ai_cache_${told}_breaker_open`];
    const errors = () => host.metrics.all["ai_cache_backend_error"];
    const before = errors();
    expect(isOpen()).toBe(1);
    for (let i = 0; i < 3; i++) expect(await asked()).toEqual([0, 0]);
    expect(errors()).toBe(before);
    const line = `semantic cache: ${told}: `;
    expect(host.logs.filter(({ text }) => text.includes(line))).toHaveLength(5);
    gateway[name].mood = "well";
    await host.clock.advance(3000);
    await asked();
    expect(isOpen()).toBe(0);
    expect(await gateway.ask(AGAIN)).toBe(await gateway.ask(ASKED));
    await host.close();
  });

  it.each(["embedding", "vectors"] as const)("a client leaves while %s is asked", async (name) => {
    const gateway = await SemanticGateway.open(build);
    gateway[name].mood = "silent";
    const { headers, body } = chatOf(ASKED);
    const stream = gateway.host.stream("POST http://a.test/v1/chat/completions", { headers });
    await stream.headers();
    await stream.data(body, { end: true });
    expect(gateway[name].requests).toHaveLength(1);
    await stream.abort();
    gateway[name].mood = "well";
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
  });

  it.each(["embedding", "vector"])("the cluster of %s is unknown", async (name) => {
    const more = { [name]: { ...CONFIGS[name], cluster: "nowhere" } };
    const gateway = await SemanticGateway.open(build, { more });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    expect(await gateway.ask(ASKED)).toBe("answer 2");
  });

  it("a score that is not near enough, or no threshold at all, is a miss", async () => {
    const never = await SemanticGateway.open(build, { vector: { threshold: null } });
    expect(await never.ask(ASKED)).toBe("answer 1");
    expect(await never.ask(ASKED)).toBe("answer 2");
    const lines = never.host.logs.filter(({ level }) => level === "warn").map(({ text }) => text);
    expect(lines.join()).toContain("vector.threshold is not set");
    const strict = await SemanticGateway.open(build, { vector: { threshold: 0.999 } });
    expect(await strict.ask(ASKED)).toBe("answer 1");
    expect(await strict.ask(AGAIN)).toBe("answer 2");
    expect(await strict.ask(ASKED)).toBe("answer 1");
  });

  it("no key, question or answer is logged", async () => {
    const gateway = await SemanticGateway.open(build);
    for (const mood of MOODS) {
      gateway.embedding.mood = gateway.vectors.mood = mood;
      await gateway.ask(ASKED);
    }
    const text = gateway.host.logs.map((line) => line.text).join("\n");
    for (const secret of ["embedding-key", "vector-key", "Everest", "answer 1"]) {
      expect(text).not.toContain(secret);
    }
  });
});

const CONFIGS: Record<string, Record<string, string | number>> = {
  embedding: { type: "openai", apiKey: "k" },
  vector: { type: "qdrant", collectionID: "c", threshold: 0.8, thresholdRelation: "gt" },
};
