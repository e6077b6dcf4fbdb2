import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChromaServer } from "../../support/vectors/chroma-server.js";
import { directionOf } from "../../support/vectors/meaning.js";
import { Backends, PARTITION, type Call, type Policy } from "./backends.js";
import { requestOf } from "./requests.js";

/* A real Chroma believes what is written for it, and its answers are read. */

const LIMIT_MS = 180_000;
const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const OTHER = "Write a poem about spring in Paris.";
const NONE = "no query results found in response";

let backends: Backends;
let chroma: ChromaServer;

beforeAll(async () => {
  backends = await Backends.load();
  chroma = await ChromaServer.start();
}, LIMIT_MS);
afterAll(async () => await chroma?.stop());

async function send(call: Call): Promise<{ status: number; body: string }> {
  const { method, path, headers, body } = requestOf(call);
  const answer = await fetch(`http://127.0.0.1:${chroma.port}${path}`, {
    method,
    headers: { "content-type": headers["content-type"] ?? "" },
    body,
  });
  return { status: answer.status, body: await answer.text() };
}

/** What the tests do to a collection of one metric. */
class Collection {
  constructor(
    readonly id: string,
    private readonly config: object,
    private readonly policy: Policy = {},
  ) {}

  async store(question: string, answer: string, partition = ""): Promise<void> {
    const embedding = JSON.stringify(directionOf(question));
    const texts = { question, answer, embedding };
    const { status } = await send(backends.upload(this.config, partition, this.policy, texts));
    expect([200, 201]).toContain(status);
  }

  async find(question: string, partition = "", now?: number): Promise<string> {
    const vector = JSON.stringify(directionOf(question));
    const call = backends.query(this.config, vector, partition, this.policy);
    const { status, body } = await send(call);
    const search = { partition, status, ...this.policy, ...(now !== undefined && { now }) };
    const { failure, isAccepted, answer } = backends.nearest(this.config, body, search);
    return isAccepted ? (answer ?? "") : (failure ?? "far");
  }
}

async function collectionOf(
  name: string,
  {
    space = "l2",
    policy = {},
    ...more
  }: { space?: string; policy?: Policy; [field: string]: unknown } = {},
): Promise<Collection> {
  const id = await chroma.createCollection(name, space);
  const at = { type: "chroma", apiVersion: "v2", serviceName: "c.dns", collectionID: id };
  // Unit vectors: the squared distance is twice the distance by angle.
  const threshold = space === "l2" ? 0.4 : 0.2;
  return new Collection(id, { ...at, threshold, ...more }, policy);
}

it.each(["l2", "cosine", "ip"])("near questions are found, others are not (%s)", async (space) => {
  const collection = await collectionOf(`near-${space}`, { space });
  expect(await collection.find(ASKED)).toBe(NONE);
  await collection.store(ASKED, '8849 m \u{1f3d4} "exactly"');
  expect(await collection.find(ASKED)).toBe('8849 m \u{1f3d4} "exactly"');
  expect(await collection.find(AGAIN)).toBe('8849 m \u{1f3d4} "exactly"');
  expect(await collection.find(OTHER)).toBe("far");
});

it("the other way round it accepts the others", async () => {
  const collection = await collectionOf("opposite", { thresholdRelation: "gte" });
  await collection.store(ASKED, "8849 m");
  expect(await collection.find(AGAIN)).toBe("far");
  expect(await collection.find(OTHER)).toBe("8849 m");
});

describe.each(["prefix", "filter"])("partitions (%s)", (partitionMode) => {
  const others = PARTITION.replaceAll("a", "b");

  it("do not see each other", async () => {
    const collection = await collectionOf(`partitions-${partitionMode}`, { partitionMode });
    await collection.store(ASKED, "ours", PARTITION);
    expect(await collection.find(AGAIN, PARTITION)).toBe("ours");
    expect(await collection.find(AGAIN, others)).toBe(NONE);
    expect(await collection.find(AGAIN)).toBe(NONE);
    await collection.store(ASKED, "theirs", others);
    expect(await collection.find(AGAIN, PARTITION)).toBe("ours");
    expect(await collection.find(AGAIN, others)).toBe("theirs");
    expect((await chroma.entries(collection.id)).ids).toHaveLength(2);
  });
});

it("entries get old, and are overwritten then", async () => {
  const collection = await collectionOf("aged", { policy: { ttl: 60 } });
  await collection.store(ASKED, "first");
  expect(await collection.find(ASKED)).toBe("first");
  expect(await collection.find(ASKED, "", 2 ** 31)).toBe(NONE);
  await collection.store(ASKED, "second");
  expect(await collection.find(ASKED)).toBe("second");
  expect((await chroma.entries(collection.id)).documents).toEqual(["second"]);
});

it("without an age the first answer stays", async () => {
  const collection = await collectionOf("ageless");
  await collection.store(ASKED, "first");
  await collection.store(ASKED, "second");
  expect(await collection.find(ASKED)).toBe("first");
});

it("unless clients may ask for a fresh one", async () => {
  const collection = await collectionOf("refreshed", { policy: { refreshes: true } });
  await collection.store(ASKED, "first");
  await collection.store(ASKED, "second");
  expect(await collection.find(ASKED)).toBe("second");
  expect((await chroma.entries(collection.id)).documents).toEqual(["second"]);
});

it("its errors are no results: another API, no such collection, another dimension", async () => {
  const at = { type: "chroma", serviceName: "c.dns", collectionID: "nowhere" };
  for (const apiVersion of ["v1", "v2"]) {
    const config = { ...at, apiVersion };
    const { status, body } = await send(backends.query(config, "[1,2]"));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(backends.nearest(config, body, { status }).failure).toBeDefined();
  }
  const collection = await collectionOf("dimensions");
  await collection.store(ASKED, "8849 m");
  const config = { ...at, apiVersion: "v2", collectionID: collection.id };
  const { status, body } = await send(backends.query(config, "[1,2]"));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(backends.nearest(config, body, { status })).toEqual({ failure: NONE });
});
