import { bytes } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields, PluginLog } from "@ai-gateway-wasm/kit";
import { countsEveryRequest } from "@ai-gateway-wasm/kit/series";
import { Flights, LONGEST_CLAIM_MS } from "@ai-gateway-wasm/store/slots";
import { Partition, PartitionKind } from "../key/partition";
import { Metrics } from "../metrics";
import { SingleFlight } from "../store/single-flight";
import { readCompat } from "./compat";
import { CacheConfig, KeyStrategy } from "./config";
import { usualGeometry } from "./memory";
import { readLimits, readReplay } from "./options";
import { readPartition } from "./partition";
import { readPaths } from "./paths";
import { readSemantic } from "./semantic";
import { StoreParser } from "./store";
import { Tables } from "./tables";

const STRATEGIES: string[] = ["lastQuestion", "allQuestions", "disabled"];
const PREFIX: string = "cacheKeyPrefix";

/** Reads one scope, the global part or a rule; null when the reader noted an error. */
export function parseConfig(
  json: ConfigReader,
  tables: Tables,
  metrics: Metrics,
  log: PluginLog,
): CacheConfig | null {
  const config = new CacheConfig();
  const parser = new StoreParser(json, tables, metrics, log);
  const block = parser.block();
  if (block !== null) config.store = parser.parse(block);
  if (json.errors.any) return null;
  // Null opens nothing: in fields of ours it is what is left out. In the peer's it means what it does there.
  const ours = new OwnFields(json);
  const isPeer = readCompat(ours, config);
  config.semantic = readSemantic(json, parser, isPeer, log);
  if (json.errors.any) return null;
  if (block === null && config.semantic === null) readDefaultStore(json, parser, config);
  if (json.errors.any) return null;
  readStrategy(json, config);
  config.searchesAfterMiss = json.flag("enableSemanticCache");
  readPaths(json, config);
  readLimits(ours, config);
  readReplay(ours, config);
  config.countsAll = countsEveryRequest(json);
  // Keys in Redis, and entries of a vector database alone, are those of the peer.
  const isShared = parser.isRedis || config.store === null;
  config.partition = readPartition(ours, usualPartition(isShared, isPeer));
  readKey(ours, block, config, parser.isRedis);
  readFlight(ours, parser, config);
  if (json.errors.any) return null;
  if (isShared) advise(config.partition, log);
  return config;
}

/** Nothing says where answers are kept. Only Envoy's build has a default: Higress's plugin refuses it. */
function readDefaultStore(json: ConfigReader, parser: StoreParser, config: CacheConfig): void {
  if (isDefined(HIGRESS)) {
    json.refuseWith("vector, embedding and cache provider cannot be all empty");
  } else {
    config.store = parser.embedded();
  }
}

function readStrategy(json: ConfigReader, config: CacheConfig): void {
  const text = json.text("cacheKeyStrategy");
  if (text.isEmpty) return;
  for (let i = 0; i < STRATEGIES.length; i++) {
    if (!text.equals(bytes(STRATEGIES[i]))) continue;
    config.strategy = <KeyStrategy>i;
    return;
  }
  json.refuse("cacheKeyStrategy", "invalid CacheKeyStrategy: " + text.toString());
}

/** @param isShared the peer stores in the same place, and its answers stay good */
function usualPartition(isShared: bool, isPeer: bool): string[] {
  if (!isShared) return ["route", "consumer", "model", "system"];
  return isPeer ? [] : ["consumer"];
}

/** @param block where the prefix of keys stands; the first generation had it one level higher */
function readKey(
  ours: OwnFields,
  block: ConfigReader | null,
  config: CacheConfig,
  isRedis: bool,
): void {
  config.hashesKey = ours.flag("hashKey", !isRedis);
  config.cacheVersion = ours.text("cacheVersion");
  if (block !== null && block.has(PREFIX)) config.keyPrefix = block.text(PREFIX);
  else if (ours.has("redis")) config.keyPrefix = ours.text(PREFIX, config.keyPrefix);
}

function readFlight(ours: OwnFields, parser: StoreParser, config: CacheConfig): void {
  const block = OwnFields.objectIn(ours.reader, "singleFlight");
  if (block === null) return;
  const maxWaitMs = block.integer("maxWaitMs", 5000, 1, LONGEST_CLAIM_MS);
  const geometry = parser.geometry;
  const flights = new Flights(geometry === null ? usualGeometry() : geometry);
  config.flight = new SingleFlight(flights, maxWaitMs);
}

function advise(partition: Partition, log: PluginLog): void {
  if (!partition.has(PartitionKind.Model) && !partition.has(PartitionKind.System)) {
    log.info(
      "answers of one model are given for others: cacheKeyPartition has no model, no system",
    );
  }
}
