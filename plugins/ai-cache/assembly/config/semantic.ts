import { ConfigReader, OwnFields, PluginLog } from "@ai-gateway-wasm/kit";
import { readEmbedding } from "../embedding/embeddings";
import { Semantic } from "../lookup/semantic";
import { readVectorDatabase } from "../vector/databases";
import { VectorPolicy } from "../vector/settings";
import { StoreParser } from "./store";

/** Reads `embedding` and `vector`; null: there is neither, or one is refused. */
export function readSemantic(
  json: ConfigReader,
  parser: StoreParser,
  isPeer: bool,
  log: PluginLog,
): Semantic | null {
  const embedding = readEmbedding(json.object("embedding"));
  if (json.errors.any) return null;
  const ours = new OwnFields(json);
  const policy = new VectorPolicy(
    ours.flag("requireThreshold", !isPeer),
    parser.ttl,
    ours.flag("requestCacheControl"),
  );
  const database = readVectorDatabase(json.object("vector"), policy);
  if (json.errors.any || (embedding === null && database === null)) return null;
  const semantic = new Semantic(embedding, database, log);
  if (!semantic.isWhole) log.warn("vector and embedding need each other: no neighbour is found");
  if (semantic.warning.length > 0) log.warn(semantic.warning);
  if (parser.block() !== null && database !== null && !json.has("enableSemanticCache")) {
    log.warn("enableSemanticCache is not set: vector is not used, only cache is");
  }
  return semantic;
}
