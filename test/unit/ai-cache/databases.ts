/** The seven databases as the tests configure them, and where they are called. */
export const TYPES = [
  "dashvector",
  "chroma",
  "elasticsearch",
  "milvus",
  "pinecone",
  "qdrant",
  "weaviate",
] as const;

export type Database = (typeof TYPES)[number];

interface Case {
  type: Database;
  config: object;
  /** Headers of each call after its content type. */
  head: string[];
  query: string;
  upload: [method: string, path: string];
  /** Path for entries with a time to live; `<id>` is that of the entry. */
  agedUpload: string;
}

const AT = { serviceName: "vectors.dns", serviceHost: "vectors.example", collectionID: "Cache 1" };
const KEY = { ...AT, apiKey: "k" };

export const DATABASES: Case[] = [
  {
    type: "dashvector",
    config: { type: "dashvector", ...KEY },
    head: ["dashvector-auth-token: k"],
    query: "/v1/collections/Cache%201/query",
    upload: ["POST", "/v1/collections/Cache%201/docs"],
    agedUpload: "/v1/collections/Cache%201/docs/upsert",
  },
  {
    type: "chroma",
    config: { type: "chroma", ...AT },
    head: [],
    query: "/api/v1/collections/Cache%201/query",
    upload: ["POST", "/api/v1/collections/Cache%201/add"],
    agedUpload: "/api/v1/collections/Cache%201/upsert",
  },
  {
    type: "elasticsearch",
    config: { type: "elasticsearch", ...KEY },
    head: ["authorization: ApiKey k"],
    query: "/Cache%201/_search",
    upload: ["POST", "/Cache%201/_doc"],
    agedUpload: "/Cache%201/_doc/<id>",
  },
  {
    type: "milvus",
    config: { type: "milvus", ...KEY },
    head: ["authorization: Bearer k"],
    query: "/v2/vectordb/entities/search",
    upload: ["POST", "/v2/vectordb/entities/insert"],
    agedUpload: "/v2/vectordb/entities/insert",
  },
  {
    type: "pinecone",
    config: { type: "pinecone", ...KEY },
    head: ["api-key: k"],
    query: "/query",
    upload: ["POST", "/vectors/upsert"],
    agedUpload: "/vectors/upsert",
  },
  {
    type: "qdrant",
    config: { type: "qdrant", ...KEY },
    head: ["api-key: k"],
    query: "/collections/Cache%201/points/search",
    upload: ["PUT", "/collections/Cache%201/points"],
    agedUpload: "/collections/Cache%201/points",
  },
  {
    type: "weaviate",
    config: { type: "weaviate", ...KEY, collectionID: "Cache_1" },
    head: ["authorization: Bearer k"],
    query: "/v1/graphql",
    upload: ["POST", "/v1/objects"],
    agedUpload: "/v1/batch/objects",
  },
];
