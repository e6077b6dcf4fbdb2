import { Builder, bytes, encodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig } from "../config/config";
import { ChatRequest } from "./chat-request";
import { finishHash, hashRecord } from "./key-hash";
import { semanticTextOf } from "./semantic-text";

const VERSION: Slice = bytes("ver");
const KEY: Slice = bytes("key");
const SALT: Slice = bytes("salt");
const DIGEST: Slice = bytes("digest");

/** What an answer is stored under. All bytes are its own. */
@final
export class CacheKey {
  constructor(
    /** SHA-256 over version, question and partition. */
    readonly digest: Slice,
    /** The same for this store, where several keep their answers in one table. */
    readonly slot: Slice,
    /** SHA-256 over the partition; null: the request has none. Known when neighbours are looked for. */
    readonly partition: Slice | null,
    /** Key in Redis; no bytes when there is no Redis. */
    readonly remote: Slice,
    /** The question, where neighbours are looked for. */
    readonly text: Slice,
    /** What is embedded of it. */
    readonly semanticText: Slice,
    /** Values of the partition's fields, for the keys of neighbours. */
    readonly values: Slice[],
  ) {}

  /** The partition as vector databases have it; no bytes: none. */
  get partitionHex(): Slice {
    const partition = this.partition;
    return partition === null ? NO_BYTES : encodeHex(partition);
  }
}

const NO_VALUES: Slice[] = [];

/** @param headers of `Partition.captureHeaders` */
export function keyOf(
  config: CacheConfig,
  request: ChatRequest,
  question: Slice,
  headers: Slice[],
): CacheKey {
  const values = config.partition.valuesOf(request, headers, config.keyPath === null);
  let semantic: Slice | null = null;
  if (config.semantic !== null) semantic = semanticTextOf(config, request, question);
  return buildKey(config, question, semantic, values);
}

/** The key of another question in the same partition. */
export function keyBeside(config: CacheConfig, key: CacheKey, question: Slice): CacheKey {
  return buildKey(config, question, NO_BYTES, key.values);
}

/** @param semantic what is embedded; null: nothing ever is */
function buildKey(
  config: CacheConfig,
  question: Slice,
  semantic: Slice | null,
  values: Slice[],
): CacheKey {
  if (!config.cacheVersion.isEmpty) hashRecord(VERSION, config.cacheVersion);
  hashRecord(KEY, question);
  const hasPartition = config.partition.hash(values);
  const digest = finishHash();
  const store = config.store;
  const slot = salted(store === null ? NO_BYTES : store.salt, digest);
  let remote: Slice = NO_BYTES;
  if (store !== null && store.isRemote) {
    const isRaw = !hasPartition && !config.hashesKey && config.cacheVersion.isEmpty;
    remote = remoteKey(config.keyPrefix, isRaw ? question : null, digest);
  }
  if (semantic === null) {
    return new CacheKey(digest, slot, null, remote, NO_BYTES, NO_BYTES, NO_VALUES);
  }
  let partition: Slice | null = null;
  if (hasPartition) {
    config.partition.hash(values);
    partition = finishHash();
  }
  const kept: Slice[] = [];
  for (let i = 0; i < values.length; i++) kept.push(values[i].kept());
  return new CacheKey(digest, slot, partition, remote, question.kept(), semantic.kept(), kept);
}

/** `<prefix><question>` as the peer has it, else `<prefix>v1:<hex digest>`. */
function remoteKey(prefix: Slice, question: Slice | null, digest: Slice): Slice {
  if (question !== null) {
    return new Builder(prefix.length + question.length).append(prefix).append(question).view();
  }
  const out = new Builder(prefix.length + 67).append(prefix).appendText("v1:");
  return out.append(encodeHex(digest)).view();
}

function salted(salt: Slice, digest: Slice): Slice {
  if (salt.isEmpty) return digest;
  hashRecord(SALT, salt);
  hashRecord(DIGEST, digest);
  return finishHash();
}
