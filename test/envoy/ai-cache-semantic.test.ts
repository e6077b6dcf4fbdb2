import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { chatOf, textIn, type Asking } from "../plugins/ai-cache/chat.js";
import { DATABASE_DIALECTS } from "../support/vectors/databases.js";
import { EMBEDDING_DIALECTS } from "../support/vectors/embeddings.js";
import type { Mood } from "../support/vectors/wire-server.js";
import { startGateway, type Gateway } from "./gateway.js";
import { clusterOf, SemanticServices } from "./semantic-services.js";

/*
 * One Envoy with a rule for each back end, by domain. All of them ask the same, in partitions of
 * their own, of services that refuse what the real ones would; one Chroma is real.
 */

const LIMIT_MS = 180_000;
/** Longer, and a request hangs. */
const ANSWER_MS = 5000;
const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const OTHER = "Write a poem about spring in Paris.";
const MOODS: Mood[] = ["silent", "garbage", "reset", "failing"];
const REAL = "real.test";
/** A real database on a busy machine takes its time; that it is given up is another test's. */
const PATIENCE_MS = 4000;

let services: SemanticServices;
let gateway: Gateway;
/** Answers that somebody got already. */
const known = new Set<string>();

beforeAll(async () => {
  await buildPlugins(["ai-cache"], ["envoy"]);
  services = await SemanticServices.start();
  const config = JSON.stringify({ _rules_: rules() });
  gateway = await startGateway({
    plugins: [{ name: "ai-cache", file: "build/envoy/ai-cache.wasm", config }],
    upstreamPort: services.modelPort,
    clusters: services.clusters,
  });
}, LIMIT_MS);
afterAll(async () => {
  await gateway?.envoy.stop();
  await services?.stop();
});

function rules(): object[] {
  const embeddingOf = (type: string): object => {
    const { config = {} } = EMBEDDING_DIALECTS.find((one) => one.config.type === type) ?? {};
    return { ...config, cluster: `embedding-${type}`, timeout: 400 };
  };
  const rule = (domain: string, vector: object, embedding = "openai"): object => ({
    _match_domain_: [domain],
    embedding: embeddingOf(embedding),
    // All partitions ask the same, so many results are as near as the one that is looked for.
    vector: { timeout: 400, topK: 50, ...vector },
    lookupDeadlineMs: 1000,
    // Left out, a vector database alone tells apart only who asks, as the peer's entries do.
    cacheKeyPartition: ["consumer", "model"],
  });
  const databases = DATABASE_DIALECTS.flatMap(({ name, config, opposite }) => {
    const vector = { ...config, cluster: clusterOf(name) };
    const domain = domainOf(name);
    return [
      rule(domain, vector),
      rule(`filter.${domain}`, { ...vector, partitionMode: "filter" }),
      rule(`opposite.${domain}`, { ...vector, ...opposite }),
    ];
  });
  const qdrant = DATABASE_DIALECTS.find(({ name }) => name === "qdrant");
  const embeddings = EMBEDDING_DIALECTS.map(({ config: { type } }) =>
    rule(`${type}.embed.test`, { ...qdrant?.config, cluster: clusterOf("qdrant") }, type),
  );
  const collectionID = services.collection;
  const at = { type: "chroma", apiVersion: "v2", cluster: "real-chroma", collectionID };
  const real = {
    ...rule(REAL, { ...at, threshold: 0.4, timeout: PATIENCE_MS }),
    embedding: { ...embeddingOf("openai"), timeout: PATIENCE_MS },
    lookupDeadlineMs: PATIENCE_MS,
  };
  return [...databases, ...embeddings, real];
}

function domainOf(name: string): string {
  return `${name.replaceAll(" ", "-")}.test`;
}

/** Who answered: `model`, or `cache` and what it said. */
async function ask(domain: string, question: string, asking: Asking = {}): Promise<string> {
  const { method, headers, body } = chatOf(question, asking);
  const text = await new Promise<string>((done, fail) => {
    const options = {
      port: gateway.port,
      path: "/v1/chat/completions",
      method,
      timeout: ANSWER_MS,
    };
    const call = request({ ...options, headers: { ...headers, host: domain } }, (answer) => {
      let all = "";
      answer.setEncoding("utf8").on("data", (part: string) => (all += part));
      answer.on("end", () => done(all));
    });
    call.on("timeout", () => call.destroy(new Error(`${domain} hangs`)));
    call.on("error", fail);
    call.end(body);
  });
  const answer = textIn(text);
  const isNew = !known.has(answer);
  known.add(answer);
  return isNew ? "model" : `cache: ${answer}`;
}

/** Asks something new and waits until its answer is stored. */
async function teach(domain: string, asking: Asking, size: () => number): Promise<string> {
  const before = size();
  expect(await ask(domain, ASKED, asking)).toBe("model");
  await expect.poll(size).toBe(before + 1);
  return `cache: answer ${services.model.asked.length}`;
}

describe.each(DATABASE_DIALECTS)("$name", ({ name }) => {
  const domain = domainOf(name);
  const database = () => services.databases.get(name)!;
  const size = (): number => database().index.size;

  test("near questions of the same partition hit, others do not", async () => {
    const alices = await teach(domain, { consumer: "alice" }, size);
    const bobs = await teach(domain, { consumer: "bob", stream: true }, size);
    expect(await ask(domain, AGAIN, { consumer: "alice" })).toBe(alices);
    expect(await ask(domain, AGAIN, { consumer: "alice", stream: true })).toBe(alices);
    expect(await ask(domain, AGAIN, { consumer: "bob" })).toBe(bobs);
    expect(await ask(domain, OTHER, { consumer: "bob" })).toBe("model");
    expect(await ask(domain, AGAIN, { consumer: "alice", model: "another" })).toBe("model");
  });

  test("a filter keeps partitions apart, too", async () => {
    const filtering = `filter.${domain}`;
    const carols = await teach(filtering, { consumer: "carol" }, size);
    expect(await ask(filtering, AGAIN, { consumer: "dave" })).toBe("model");
    expect(await ask(filtering, AGAIN, { consumer: "carol" })).toBe(carols);
  });

  test("the other way round all but near questions hit", async () => {
    const erins = await teach(domain, { consumer: "erin" }, size);
    expect(await ask(`opposite.${domain}`, OTHER, { consumer: "erin" })).toBe(erins);
    expect(await ask(`opposite.${domain}`, AGAIN, { consumer: "erin" })).toBe("model");
  });

  test("in trouble everybody is answered by the model", async () => {
    await teach(domain, { consumer: "frank" }, size);
    for (const mood of MOODS) {
      database().server.mood = mood;
      expect(await ask(domain, AGAIN, { consumer: "frank" }), mood).toBe("model");
    }
    database().server.mood = "well";
    expect(await ask(domain, AGAIN, { consumer: "frank" })).toMatch(/^cache: /);
  });
});

describe.each(EMBEDDING_DIALECTS)("$config.type", ({ config: { type } }) => {
  const domain = `${type}.embed.test`;
  const consumer = `consumer of ${type}`;

  test("embeds, and where it does not the model is asked", async () => {
    const { index } = services.databases.get("qdrant")!;
    const stored = await teach(domain, { consumer }, () => index.size);
    expect(await ask(domain, AGAIN, { consumer })).toBe(stored);
    const server = services.embeddings.get(type)!;
    const before = index.size;
    for (const mood of MOODS) {
      server.mood = mood;
      expect(await ask(domain, AGAIN, { consumer }), mood).toBe("model");
    }
    server.mood = "well";
    expect(await ask(domain, AGAIN, { consumer })).toBe(stored);
    expect(index.size).toBe(before);
  });
});

test("the services had nothing to complain about", () => {
  expect(services.refusals).toEqual([]);
});

test("a real Chroma answers until it is killed", async () => {
  const entries = async (): Promise<number> =>
    (await services.chroma.entries(services.collection)).ids.length;
  expect(await ask(REAL, ASKED, { consumer: "alice" })).toBe("model");
  await expect.poll(entries).toBe(1);
  const stored = `cache: answer ${services.model.asked.length}`;
  expect(await ask(REAL, AGAIN, { consumer: "alice" })).toBe(stored);
  expect(await ask(REAL, AGAIN, { consumer: "bob" })).toBe("model");
  expect(await ask(REAL, OTHER, { consumer: "alice" })).toBe("model");
  await services.chroma.stop("SIGKILL");
  expect(await ask(REAL, AGAIN, { consumer: "alice" })).toBe("model");
});
