import { bytes, encodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig } from "../config/config";
import { isMarked } from "../vector/partition";
import { ChatRequest } from "./chat-request";
import { finishHash, hashRecord } from "./key-hash";
import { formOfQuestion } from "./question";
import { remoteKey } from "./remote-key";
import { semanticTextOf } from "./semantic-text";

const FORM: Slice = bytes("form");
const VERSION: Slice = bytes("ver");
const KEY: Slice = bytes("key");
const SALT: Slice = bytes("salt");
const REMOTE: Slice = bytes("remote");

const NO_VALUES: Slice[] = [];

/** What an answer is stored under. All bytes are its own. */
@final
export class CacheKey {
  constructor(
    /** SHA-256 over version, question and partition. */
    readonly digest: Slice,
    /** The same for tables and locks; in front of Redis over what this rule asks which Redis for. */
    readonly slot: Slice,
    /** Key in Redis; no bytes when there is no Redis. */
    readonly remote: Slice,
  ) {}

  // Known where neighbours are looked for.

  /** SHA-256 over version and partition; null: there is neither. */
  partition: Slice | null = null;
  /** The question. */
  text: Slice = NO_BYTES;
  /** What is embedded of it; no bytes: it has no neighbours, and is nobody's. */
  semanticText: Slice = NO_BYTES;
  /** Values of the partition's fields, for the keys of neighbours. */
  values: Slice[] = NO_VALUES;

  /** @param semantic what is embedded of the question */
  keepForNeighbours(question: Slice, semantic: Slice, values: Slice[]): void {
    this.text = question.kept();
    // Everybody's question must not be stored as one of a partition.
    if (this.partition !== null || !isMarked(question)) this.semanticText = semantic.kept();
    this.values = [];
    for (let i = 0; i < values.length; i++) this.values.push(values[i].kept());
  }

  /** The partition as vector databases have it; no bytes: none. */
  get partitionHex(): Slice {
    const partition = this.partition;
    return partition === null ? NO_BYTES : encodeHex(partition);
  }
}

/** @param headers of `Partition.captureHeaders` */
export function keyOf(
  config: CacheConfig,
  request: ChatRequest,
  question: Slice,
  headers: Slice[],
): CacheKey {
  const values = config.partition.valuesOf(request, headers, config.asksLastTurn);
  let semantic: Slice | null = null;
  if (config.semantic !== null) semantic = semanticTextOf(config, request, question);
  const form = formOfQuestion(config, request, question);
  return buildKey(config, question, form, semantic, values);
}

/** The key of another question in the same partition. */
export function keyBeside(config: CacheConfig, key: CacheKey, question: Slice): CacheKey {
  return buildKey(config, question, NO_BYTES, NO_BYTES, key.values);
}

/**
 * @param form what the model sees besides the question's text: keys of the peer do without
 * @param semantic what is embedded; null: nothing ever is
 */
function buildKey(
  config: CacheConfig,
  question: Slice,
  form: Slice,
  semantic: Slice | null,
  values: Slice[],
): CacheKey {
  const version = config.cacheVersion;
  if (!version.isEmpty) hashRecord(VERSION, version);
  hashRecord(KEY, question);
  if (!form.isEmpty) hashRecord(FORM, form);
  const hasPartition = config.partition.hash(values);
  const digest = finishHash();
  const store = config.store;
  let slot = digest;
  let remote: Slice = NO_BYTES;
  if (store !== null && store.isRemote) {
    const isRaw = !hasPartition && !config.hashesKey && version.isEmpty;
    remote = remoteKey(config.keyPrefix, isRaw ? question : null, digest);
    if (!store.salt.isEmpty) slot = slotOf(store.salt, remote);
  }
  const key = new CacheKey(digest, slot, remote);
  if (semantic === null) return key;
  if (hasPartition || !version.isEmpty) key.partition = partitionOf(config, values);
  key.keepForNeighbours(question, semantic, values);
  return key;
}

/** Neighbours of another version are somebody else's: nothing of theirs comes into this one. */
function partitionOf(config: CacheConfig, values: Slice[]): Slice {
  if (!config.cacheVersion.isEmpty) hashRecord(VERSION, config.cacheVersion);
  config.partition.hash(values);
  return finishHash();
}

/** Rules may share a table that have no key, or no Redis, in common. */
function slotOf(salt: Slice, remote: Slice): Slice {
  hashRecord(SALT, salt);
  hashRecord(REMOTE, remote);
  return finishHash();
}
