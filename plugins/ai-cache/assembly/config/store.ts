import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields, PluginLog } from "@ai-gateway-wasm/kit";
import { Cluster } from "@ai-gateway-wasm/kit/http-client";
import { FailMode, Store, StoreKind } from "@ai-gateway-wasm/store";
import { Backend } from "@ai-gateway-wasm/store/assembly/backend";
import { Breaker } from "@ai-gateway-wasm/store/assembly/breaker";
import { StoreMetrics } from "@ai-gateway-wasm/store/assembly/metrics";
import { Geometry } from "@ai-gateway-wasm/store/slots";
import { Metrics } from "../metrics";
import { FAILURES, METRIC_NAME, OPEN_MS } from "../names";
import { LayeredStore } from "../store/layered";
import { MemoryStore } from "../store/memory";
import { appendSized } from "../sized-text";
import { RemoteStore } from "../store/remote";
import { AnswerStore } from "../store/store";
import { readGeometry } from "./memory";
import { readRedis, redisCluster } from "./redis";
import { readRest, restCluster } from "./rest";
import { Tables } from "./tables";
import { namesService } from "./connection";

const MEMORY: Slice = bytes("memory");
const REDIS: Slice = bytes("redis");
const REDIS_HTTP: Slice = bytes("redis-http");
const TTL: string = "cacheTTL";
/** Seconds, 68 years: tables and Redis count no further. */
const LONGEST_TTL: i64 = i32.MAX_VALUE;
const DEFAULT_TTL: i64 = 3600;
const DEFAULT_L1_TTL: i64 = 60;
/** What of a block decides which data its Redis shows. */
const LOGIN: string[] = ["database", "pathPrefix", "token", "username", "password"];

// Fields that other types have.
const OF_REMOTE: string[] = ["l1"];
const OF_TABLE: string[] = ["memory"];
const NOT_OF_REDIS: string[] = ["memory", "token", "dialect", "pathPrefix"];

/** Reads the block `cache`, or the first generation's `redis`. */
@final
export class StoreParser {
  /** Of the table it keeps answers in; null: there is none. */
  geometry: Geometry | null = null;
  isRedis: bool = false;
  /** Seconds that answers are good for; 0: for ever. */
  ttl: i64 = 0;

  /** @param json the scope: its `cacheTTL` counts for `redis` */
  constructor(
    private readonly json: ConfigReader,
    private readonly tables: Tables,
    private readonly metrics: Metrics,
    private readonly log: PluginLog,
  ) {}

  /** The block that counts; null: there is no exact cache. */
  block(): ConfigReader | null {
    const json = this.json;
    if (json.has("redis")) return json.object("redis");
    const cache = json.object("cache");
    return cache === null || cache.text("type").isEmpty ? null : cache;
  }

  parse(block: ConfigReader): AnswerStore | null {
    const isLegacy = this.json.has("redis");
    const type = isLegacy ? REDIS : block.text("type");
    if (!type.equals(MEMORY) && !namesService(block)) {
      block.refuse("serviceName", "cache service name is required");
      return null;
    }
    this.isRedis = type.equals(REDIS);
    this.ttl = this.readTtl(block, isLegacy);
    if (block.errors.any) return null;
    this.warnOfUnused(block, type);
    if (type.equals(MEMORY)) return this.memory(block, this.ttl);
    if (type.equals(REDIS)) {
      const cluster = redisCluster(block, isLegacy);
      const backend = readRedis(block, cluster, this.tables.logins, this.log);
      return this.remote(block, cluster, backend, StoreKind.Redis);
    }
    if (type.equals(REDIS_HTTP)) {
      const cluster = restCluster(block);
      return this.remote(block, cluster, readRest(block, cluster), StoreKind.RedisHttp);
    }
    block.refuse("type", "unknown cache service provider type: " + type.toString());
    return null;
  }

  /** The embedded default, which needs no block: `memory` is all there may be of it. */
  embedded(): AnswerStore | null {
    return this.memory(this.json, DEFAULT_TTL);
  }

  private memory(block: ConfigReader, ttl: i64): AnswerStore | null {
    const geometry = readGeometry(OwnFields.objectIn(block, "memory"));
    if (block.errors.any) return null;
    this.geometry = geometry;
    const table = this.tables.open(geometry, block);
    return table === null ? null : new MemoryStore(table, ttl, this.metrics);
  }

  /** What belongs to another type has no effect; nobody shall believe it has. */
  private warnOfUnused(block: ConfigReader, type: Slice): void {
    const fields = type.equals(MEMORY) ? OF_REMOTE : type.equals(REDIS) ? NOT_OF_REDIS : OF_TABLE;
    for (let i = 0; i < fields.length; i++) {
      if (!new OwnFields(block).has(fields[i])) continue;
      this.log.warn(fields[i] + " has no effect with type " + type.toString());
    }
  }

  private readTtl(block: ConfigReader, isLegacy: bool): i64 {
    const usual = this.isRedis ? 0 : DEFAULT_TTL;
    const isAbove = isLegacy && this.json.has(TTL);
    const ttl = isAbove ? this.json.integer(TTL, usual) : block.integer(TTL, usual);
    if (ttl < 0) {
      const owner = isAbove ? this.json : block;
      owner.refuse(TTL, "cache TTL must be greater than or equal to 0");
    }
    return min(ttl, LONGEST_TTL);
  }

  private remote(
    block: ConfigReader,
    cluster: Cluster,
    backend: Backend | null,
    kind: StoreKind,
  ): AnswerStore | null {
    if (backend === null || block.errors.any) return null;
    const metrics = new StoreMetrics(METRIC_NAME);
    const breaker = new Breaker(FAILURES, OPEN_MS, metrics.breakerState());
    const store = new Store(kind, backend, FailMode.Open, breaker, null, metrics);
    const salt = saltOf(block, cluster);
    const leads = new OwnFields(this.json).has("singleFlight");
    const far = new RemoteStore(store, breaker, this.ttl, this.log, leads ? salt : NO_BYTES);
    const l1 = OwnFields.objectIn(block, "l1");
    return l1 === null ? far : this.layered(l1, far, salt);
  }

  private layered(l1: OwnFields, far: RemoteStore, salt: Slice): AnswerStore | null {
    const geometry = readGeometry(l1);
    const ttl = l1.integer("ttl", DEFAULT_L1_TTL, 1, i32.MAX_VALUE);
    if (l1.reader.errors.any) return null;
    this.geometry = geometry;
    const table = this.tables.open(geometry, l1.reader);
    if (table === null) return null;
    const near = new MemoryStore(table, ttl, this.metrics, salt);
    return new LayeredStore(near, far, ttl * 1000);
  }
}

/**
 * What tells one Redis from another: where it is, and as whom and with which database it is asked. The
 * key of an answer is no part of it, it is hashed with this.
 */
function saltOf(block: ConfigReader, cluster: Cluster): Slice {
  const salt = new Builder(96);
  appendSized(salt, cluster.name);
  appendSized(salt, cluster.host);
  for (let i = 0; i < LOGIN.length; i++) appendSized(salt, block.text(LOGIN[i]));
  return salt.toSlice();
}
