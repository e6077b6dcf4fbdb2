import { beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../content-security/host.js";
import { Backends, BORN, DIGEST, PARTITION } from "./backends.js";
import { DATABASES, type Database } from "./databases.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

/** White space is kept: a vector is pasted as the embedding service wrote it. */
const E = "[1, -2.50e-3,0]";
const OWN = "[0.5,-1e-3]";
const MARKED = `aicp1:${PARTITION}:Q?`;
const UUID = "fffefdfc-fbfa-89f8-b7f6-f5f4f3f2f1f0";

it("the id of the tests is made of their digest", () => {
  const hex = DIGEST.toString("hex");
  expect(UUID.replaceAll("-", "").slice(0, 12)).toBe(hex.slice(0, 12));
});

const FILTER = { partitionMode: "filter" };
const TTL = { ttl: 60 };

interface Bodies {
  query: string;
  upload: string;
  /** Of the same with `partitionMode: filter`. */
  filtered: string;
  filteredUpload: string;
  /** Of the same with a time to live. */
  aged: string;
  agedUpload: string;
}

const BODIES: Record<Database, Bodies> = {
  dashvector: {
    query: `{"vector":${E},"topk":1,"include_vector":false}`,
    upload: `{"docs":[{"vector":${OWN},"fields":{"answer":"A.","query":"Q?"}}]}`,
    filtered: `{"vector":${E},"topk":1,"include_vector":false,"filter":"partition = '${PARTITION}'"}`,
    filteredUpload: `{"docs":[{"vector":${OWN},"fields":{"answer":"A.","query":"${MARKED}","partition":"${PARTITION}"}}]}`,
    aged: `{"vector":${E},"topk":1,"include_vector":false}`,
    agedUpload: `{"docs":[{"id":"${UUID}","vector":${OWN},"fields":{"answer":"A.","query":"Q?","created_at":${BORN}}}]}`,
  },
  chroma: {
    query: `{"query_embeddings":[${E}],"limit":1,"include":["distances","documents"]}`,
    upload: `{"embeddings":[${OWN}],"documents":["A."],"ids":["Q?"]}`,
    filtered: `{"query_embeddings":[${E}],"limit":1,"include":["distances","documents"],"where":{"partition":"${PARTITION}"}}`,
    filteredUpload: `{"embeddings":[${OWN}],"documents":["A."],"ids":["${MARKED}"],"metadatas":[{"partition":"${PARTITION}"}]}`,
    aged: `{"query_embeddings":[${E}],"limit":1,"include":["distances","documents","metadatas"]}`,
    agedUpload: `{"embeddings":[${OWN}],"documents":["A."],"ids":["Q?"],"metadatas":[{"created_at":${BORN}}]}`,
  },
  elasticsearch: {
    query: `{"_source":{"excludes":["embedding"]},"knn":{"field":"embedding","query_vector":${E},"k":1},"size":1}`,
    upload: `{"embedding":${OWN},"question":"Q?","answer":"A."}`,
    filtered: `{"_source":{"excludes":["embedding"]},"knn":{"field":"embedding","query_vector":${E},"k":1,"filter":{"term":{"partition":"${PARTITION}"}}},"size":1}`,
    filteredUpload: `{"embedding":${OWN},"question":"${MARKED}","answer":"A.","partition":"${PARTITION}"}`,
    aged: `{"_source":{"excludes":["embedding"]},"knn":{"field":"embedding","query_vector":${E},"k":1},"size":1}`,
    agedUpload: `{"embedding":${OWN},"question":"Q?","answer":"A.","created_at":${BORN}}`,
  },
  milvus: {
    query: `{"collectionName":"Cache 1","data":[${E}],"annsField":"vector","limit":1,"outputFields":["question","answer"]}`,
    upload: `{"collectionName":"Cache 1","data":[{"vector":${OWN},"question":"Q?","answer":"A."}]}`,
    filtered: `{"collectionName":"Cache 1","data":[${E}],"annsField":"vector","limit":1,"outputFields":["question","answer"],"filter":"partition == \\"${PARTITION}\\""}`,
    filteredUpload: `{"collectionName":"Cache 1","data":[{"vector":${OWN},"question":"${MARKED}","answer":"A.","partition":"${PARTITION}"}]}`,
    aged: `{"collectionName":"Cache 1","data":[${E}],"annsField":"vector","limit":1,"outputFields":["question","answer"]}`,
    agedUpload: `{"collectionName":"Cache 1","data":[{"vector":${OWN},"question":"Q?","answer":"A."}]}`,
  },
  pinecone: {
    query: `{"namespace":"Cache 1","vector":${E},"topK":1,"includeMetadata":true,"includeValues":false}`,
    upload: `{"vectors":[{"id":"${UUID}","values":${OWN},"metadata":{"question":"Q?","answer":"A."}}],"namespace":"Cache 1"}`,
    filtered: `{"namespace":"Cache 1","vector":${E},"topK":1,"includeMetadata":true,"includeValues":false,"filter":{"partition":{"$eq":"${PARTITION}"}}}`,
    filteredUpload: `{"vectors":[{"id":"${UUID}","values":${OWN},"metadata":{"question":"${MARKED}","answer":"A.","partition":"${PARTITION}"}}],"namespace":"Cache 1"}`,
    aged: `{"namespace":"Cache 1","vector":${E},"topK":1,"includeMetadata":true,"includeValues":false}`,
    agedUpload: `{"vectors":[{"id":"${UUID}","values":${OWN},"metadata":{"question":"Q?","answer":"A.","created_at":${BORN}}}],"namespace":"Cache 1"}`,
  },
  qdrant: {
    query: `{"vector":${E},"limit":1,"with_payload":true}`,
    upload: `{"points":[{"id":"${UUID}","vector":${OWN},"payload":{"question":"Q?","answer":"A."}}]}`,
    filtered: `{"vector":${E},"limit":1,"with_payload":true,"filter":{"must":[{"key":"partition","match":{"value":"${PARTITION}"}}]}}`,
    filteredUpload: `{"points":[{"id":"${UUID}","vector":${OWN},"payload":{"question":"${MARKED}","answer":"A.","partition":"${PARTITION}"}}]}`,
    aged: `{"vector":${E},"limit":1,"with_payload":true}`,
    agedUpload: `{"points":[{"id":"${UUID}","vector":${OWN},"payload":{"question":"Q?","answer":"A.","created_at":${BORN}}}]}`,
  },
  weaviate: {
    query: `{"query":"{ Get { Cache_1 ( limit: 1 nearVector: { vector: ${E} } ) { question answer _additional { distance } } } }"}`,
    upload: `{"class":"Cache_1","vector":${OWN},"properties":{"question":"Q?","answer":"A."}}`,
    filtered: `{"query":"{ Get { Cache_1 ( limit: 1 nearVector: { vector: ${E} } where: { path: [\\"partition\\"] operator: Equal valueText: \\"${PARTITION}\\" } ) { question answer _additional { distance } } } }"}`,
    filteredUpload: `{"class":"Cache_1","vector":${OWN},"properties":{"question":"${MARKED}","answer":"A.","partition":"${PARTITION}"}}`,
    aged: `{"query":"{ Get { Cache_1 ( limit: 1 nearVector: { vector: ${E} } ) { question answer _additional { distance lastUpdateTimeUnix } } } }"}`,
    agedUpload: `{"objects":[{"class":"Cache_1","id":"${UUID}","vector":${OWN},"properties":{"question":"Q?","answer":"A."}}]}`,
  },
};

describe.each(DATABASES)("$type", ({ type, config, head, query, upload, agedUpload }) => {
  const bodies = BODIES[type];
  const headOf = (method: string, path: string): string[] => [
    "content-type: application/json",
    ...head,
    `:method: ${method}`,
    `:path: ${path}`,
    ":authority: vectors.example",
  ];

  it("is asked as the peer asks it", () => {
    const call = backends.query(config, E);
    expect(call).toEqual({ head: headOf("POST", query), body: bodies.query });
  });

  it("stores as the peer does", () => {
    const call = backends.upload(config);
    expect(call).toEqual({ head: headOf(upload[0], upload[1]), body: bodies.upload });
  });

  it("a partition marks the question, and makes more results worth a look", () => {
    const [asked, before] = [backends.query(config, E, PARTITION).body, bodies.query];
    expect(asked).not.toBe(before);
    const wider = /(?<="(?:topk|limit|k|size|topK)":|limit: )1(?=[^\d])/g;
    expect(asked).toBe(before.replaceAll(wider, "5"));
    const more = backends.query({ ...config, topK: 7 }, E, PARTITION).body;
    expect(more).toBe(before.replaceAll(wider, "7"));
    expect(backends.query({ ...config, topK: 7 }, E).body).toBe(more);
    expect(backends.upload(config, PARTITION).body).toBe(
      bodies.upload.replace('"Q?"', JSON.stringify(MARKED)),
    );
  });

  it("filters by partition where that is asked for", () => {
    const filtering = { ...config, ...FILTER };
    expect(backends.query(filtering, E, PARTITION).body).toBe(bodies.filtered);
    expect(backends.upload(filtering, PARTITION).body).toBe(bodies.filteredUpload);
    expect(backends.query(filtering, E)).toEqual(backends.query(config, E));
    expect(backends.upload(filtering)).toEqual(backends.upload(config));
  });

  it("entries that get old know when they were made", () => {
    expect(backends.query(config, E, "", TTL).body).toBe(bodies.aged);
    const call = backends.upload(config, "", TTL);
    expect(call.body).toBe(bodies.agedUpload);
    expect(call.head).toContain(`:path: ${agedUpload.replace("<id>", UUID)}`);
  });

  it("entries that clients may have made anew are replaced, and no more than that is different", () => {
    const policy = { refreshes: true };
    expect(backends.query(config, E, "", policy)).toEqual(backends.query(config, E));
    const call = backends.upload(config, "", policy);
    // Without the time: the field alone, or with all that holds it.
    const body = bodies.agedUpload
      .replace(`,"metadatas":[{"created_at":${BORN}}]`, "")
      .replace(`,"created_at":${BORN}`, "");
    expect(call.body).toBe(body);
    expect(call.head).toContain(`:path: ${agedUpload.replace("<id>", UUID)}`);
  });

  it("escapes what it stores", () => {
    const call = backends.upload(config, "", {}, { question: '"<q>"\n', answer: "\\é\u0000" });
    expect(call.body).toContain('"\\"\\u003cq\\u003e\\"\\n"');
    expect(call.body).toContain('"\\\\é\\u0000"');
    expect(() => JSON.parse(call.body) as unknown).not.toThrow();
  });

  it("an odd vector stays what it is", () => {
    const odd = '[1,\n"x"\t]';
    const { body } = backends.query(config, odd);
    const inside = type === "weaviate" ? JSON.stringify(odd).slice(1, -1) : odd;
    expect(body).toContain(inside);
  });
});

it("milvus: fields of ours only where the collection is made for them", () => {
  const milvus = { ...DATABASES.find(({ type }) => type === "milvus")?.config, ...FILTER };
  const filterOf = (partition: string): unknown =>
    (JSON.parse(backends.query(milvus, E, partition, TTL).body) as { filter: unknown }).filter;
  expect(filterOf(PARTITION)).toBe(`partition == "${PARTITION}" and created_at > ${NOW - 60}`);
  expect(filterOf("")).toBe(`created_at > ${NOW - 60}`);
  expect(backends.upload(milvus, PARTITION, TTL).body).toContain(`"created_at":${BORN}}`);
  const fields = '"outputFields":["question","answer","created_at"]';
  expect(backends.query(milvus, E, PARTITION, TTL).body).toContain(fields);
});

it("milvus: a refresh deletes what is older than its entry, by the text", () => {
  const milvus = { ...DATABASES.find(({ type }) => type === "milvus")?.config, ...FILTER };
  const refreshes = { ...TTL, refreshes: true };
  const body = backends.cleanUp(milvus, PARTITION, refreshes, 'say "hi",\n\\世');
  expect(JSON.parse(body!)).toEqual({
    collectionName: "Cache 1",
    filter: `question == "${MARKED.slice(0, -2)}say \\"hi\\",\\n\\\\世" and created_at < ${BORN}`,
  });
  expect(backends.cleanUp(milvus, PARTITION, TTL, "Q?")).toBeNull();
  expect(
    backends.cleanUp({ ...milvus, partitionMode: "prefix" }, PARTITION, refreshes, "Q?"),
  ).toBeNull();
});

it("weaviate: a class begins with a capital letter, whoever writes it", () => {
  const weaviate = DATABASES.find(({ type }) => type === "weaviate")?.config;
  const lower = { ...weaviate, collectionID: "cache_1" };
  expect(backends.query(lower, E)).toEqual(backends.query(weaviate!, E));
  expect(backends.upload(lower)).toEqual(backends.upload(weaviate!));
});

describe("chroma of the second API", () => {
  const config = { type: "chroma", serviceName: "c.dns", collectionID: "a/b", apiVersion: "v2" };

  it("has tenants, databases and another name for the number of results", () => {
    const call = backends.query(config, E);
    expect(call.head).toContain(
      ":path: /api/v2/tenants/default_tenant/databases/default_database/collections/a%2Fb/query",
    );
    expect(call.body).toBe(
      `{"query_embeddings":[${E}],"n_results":1,"include":["distances","documents"]}`,
    );
    const own = { ...config, tenant: "t 1", database: "d/2" };
    expect(backends.upload(own).head).toContain(
      ":path: /api/v2/tenants/t%201/databases/d%2F2/collections/a%2Fb/add",
    );
  });
});

describe("credentials", () => {
  const headOf = (config: object): string | undefined => backends.query(config, E).head[1];
  const at = { serviceName: "v.dns", collectionID: "C" };

  it("go out even when there are none", () => {
    expect(headOf({ type: "qdrant", ...at })).toBe("api-key: ");
    expect(headOf({ type: "milvus", ...at })).toBe("authorization: Bearer ");
    expect(headOf({ type: "weaviate", ...at })).toBe("authorization: Bearer ");
    expect(headOf({ type: "elasticsearch", ...at })).toBe("authorization: Basic Og==");
  });

  it("elasticsearch takes a user, unless there is a key", () => {
    const user = { esUsername: "elastic", esPassword: "pä:ss" };
    const basic = Buffer.from("elastic:pä:ss").toString("base64");
    const config = { type: "elasticsearch", ...at, ...user };
    expect(headOf(config)).toBe(`authorization: Basic ${basic}`);
    expect(headOf({ ...config, apiKey: "k" })).toBe("authorization: ApiKey k");
  });
});

it("base64 is decoded as it should be, or not at all", () => {
  for (let length = 0; length < 70; length++) {
    const data = Buffer.from(Array.from({ length }, (_, i) => (i * 89 + length) & 255));
    expect(backends.bytes("fromBase64", [], data.toString("base64"))).toEqual(data);
  }
  for (const broken of ["A", "AA", "AAA", "AA=A", "A===", "====", "AA A", "AA-_", "AAA=AAAA"]) {
    expect(backends.bytes("fromBase64", [], broken), broken).toBeNull();
  }
});
