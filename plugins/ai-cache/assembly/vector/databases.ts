import { bytes } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Chroma } from "./chroma";
import { DashVector } from "./dashvector";
import { Elasticsearch } from "./elasticsearch";
import { Milvus } from "./milvus";
import { Pinecone } from "./pinecone";
import { Qdrant } from "./qdrant";
import { VectorPolicy } from "./settings";
import { VectorDatabase } from "./vector-database";
import { Weaviate } from "./weaviate";

const enum Type {
  DashVector,
  Chroma,
  Elasticsearch,
  Weaviate,
  Pinecone,
  Qdrant,
  Milvus,
}

/** In the order of `Type`. */
const TYPES: string[] = [
  "dashvector",
  "chroma",
  "elasticsearch",
  "weaviate",
  "pinecone",
  "qdrant",
  "milvus",
];

/** The database of `vector` (ai-cache.md 2.3); null: there is none, or it is refused. */
export function readVectorDatabase(
  config: ConfigReader | null,
  policy: VectorPolicy,
): VectorDatabase | null {
  if (config === null || config.text("type").isEmpty) return null;
  switch (typeOf(config)) {
    case Type.DashVector:
      return new DashVector(config, policy);
    case Type.Chroma:
      return new Chroma(config, policy);
    case Type.Elasticsearch:
      return new Elasticsearch(config, policy);
    case Type.Weaviate:
      return new Weaviate(config, policy);
    case Type.Pinecone:
      return new Pinecone(config, policy);
    case Type.Qdrant:
      return new Qdrant(config, policy);
    case Type.Milvus:
      return new Milvus(config, policy);
    default:
      return null;
  }
}

function typeOf(config: ConfigReader): i32 {
  const type = config.text("type");
  for (let i = 0; i < TYPES.length; i++) {
    if (type.equals(bytes(TYPES[i]))) return i;
  }
  const reason = "unknown vector database service provider type: " + type.toString();
  config.refuse("type", reason);
  return -1;
}
