import { chroma } from "./databases/chroma.js";
import { dashvector } from "./databases/dashvector.js";
import { elasticsearch } from "./databases/elasticsearch.js";
import { milvus } from "./databases/milvus.js";
import { pinecone } from "./databases/pinecone.js";
import { qdrant } from "../../../examples/demo/vectors/qdrant.js";
import { weaviate } from "./databases/weaviate.js";
import type { VectorIndex } from "../../../examples/demo/vectors/vector-index.js";
import type { Service } from "../../../examples/demo/vectors/wire.js";

const KEY = "vector-key";
const COLLECTION = "Answers";

/** A vector database: how the plugin is told of it, and how it answers. */
export interface DatabaseDialect {
  name: string;
  /** Without the name of a service or cluster. Accepts what points nearly the same way. */
  config: { type: string } & Record<string, unknown>;
  /** The opposite relation: accepts all but what points nearly the same way. */
  opposite: { thresholdRelation: string };
  /** @param now what its clock shows, in milliseconds */
  serve: (index: VectorIndex, now?: () => number) => Service;
}

/** Cosine from which two questions count as the same. */
const NEAR = 0.8;

const at = { apiKey: KEY, collectionID: COLLECTION };
const smaller = (threshold: number): object => ({ threshold, thresholdRelation: "lt" });
const larger = (threshold: number): object => ({ threshold, thresholdRelation: "gt" });

/** All seven, and both APIs of Chroma. */
export const DATABASE_DIALECTS: DatabaseDialect[] = [
  {
    name: "dashvector",
    config: { type: "dashvector", ...at, serviceHost: "d.example", ...smaller(1 - NEAR) },
    opposite: { thresholdRelation: "gt" },
    serve: (index) => dashvector(index, COLLECTION, KEY),
  },
  {
    name: "chroma",
    config: { type: "chroma", collectionID: COLLECTION, ...smaller(2 - 2 * NEAR) },
    opposite: { thresholdRelation: "gt" },
    serve: (index) => chroma(index, COLLECTION, false),
  },
  {
    name: "chroma v2",
    config: {
      type: "chroma",
      apiVersion: "v2",
      collectionID: COLLECTION,
      ...smaller(2 - 2 * NEAR),
    },
    opposite: { thresholdRelation: "gt" },
    serve: (index) => chroma(index, COLLECTION, true),
  },
  {
    name: "elasticsearch",
    config: { type: "elasticsearch", ...at, ...larger((1 + NEAR) / 2) },
    opposite: { thresholdRelation: "lt" },
    serve: (index) => elasticsearch(index, COLLECTION, KEY),
  },
  {
    name: "milvus",
    config: { type: "milvus", ...at, ...larger(NEAR) },
    opposite: { thresholdRelation: "lt" },
    serve: (index) => milvus(index, COLLECTION, KEY),
  },
  {
    name: "pinecone",
    config: { type: "pinecone", ...at, serviceHost: "p.example", ...larger(NEAR) },
    opposite: { thresholdRelation: "lt" },
    serve: (index) => pinecone(index, COLLECTION, KEY),
  },
  {
    name: "qdrant",
    config: { type: "qdrant", ...at, ...larger(NEAR) },
    opposite: { thresholdRelation: "lt" },
    serve: (index) => qdrant(index, COLLECTION, KEY),
  },
  {
    name: "weaviate",
    config: { type: "weaviate", ...at, ...smaller(1 - NEAR) },
    opposite: { thresholdRelation: "gt" },
    serve: (index, now) => weaviate(index, COLLECTION, KEY, now),
  },
];
