import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, encodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { AttributeMap, writeToLog } from "@ai-gateway-wasm/kit/attributes";
import { LogLevel, PairsBuilder, responseHeaders } from "proxy-wasm-as";

/** What became of a request (`cache_status`). */
export const enum CacheStatus {
  /** The cache has nothing to do with it. */
  None,
  Hit,
  Miss,
  /** The client wanted none. */
  Skip,
  /** It is not looked up, and not stored. */
  Bypass,
}

const HIT: Slice = bytes("hit");
const MISS: Slice = bytes("miss");
const SKIP: Slice = bytes("skip");
const BYPASS: Slice = bytes("bypass");
const EXACT: Slice = bytes("exact");
const SEMANTIC: Slice = bytes("semantic");

const STATUS_KEY: Slice = bytes("cache_status");
const LAYER_KEY: Slice = bytes("cache_layer");
const REASON_KEY: Slice = bytes("cache_reason");
const AGE_KEY: Slice = bytes("cache_age");

const STATUS_HEADER: Slice = bytes("x-ai-cache-status");
/** What most caches call it. */
const SHORT_STATUS_HEADER: Slice = bytes("x-cache-status");
const LAYER_HEADER: Slice = bytes("x-ai-cache-layer");
const SIMILARITY_HEADER: Slice = bytes("x-ai-cache-similarity");
const AGE_HEADER: Slice = bytes("age");

/** What is said about one request, in the access log and to the client. */
@final
export class Ledger {
  status: CacheStatus = CacheStatus.None;
  /** Why it is no plain hit or miss; empty: it is. */
  reason: string = "";
  /** Digest of what was looked up; no bytes: nothing was. */
  key: Slice = NO_BYTES;
  /** Seconds; -1: unknown. */
  age: i64 = -1;
  /** Of the neighbour whose answer it is; NaN: it is no neighbour's. */
  score: f64 = NaN;

  /** Adds to `ai_log`. */
  log(log: PluginLog): void {
    const attributes = new AttributeMap();
    attributes.setText(STATUS_KEY, this.logged);
    if (this.isHit) attributes.setText(LAYER_KEY, this.layer);
    if (this.reason.length > 0) attributes.setText(REASON_KEY, bytes(this.reason));
    if (this.age >= 0) attributes.setInteger(AGE_KEY, this.age);
    writeToLog(log, attributes);
    if (!this.key.isEmpty && log.wants(LogLevel.Debug)) this.trace(log);
  }

  /** Headers of a hit. */
  addTo(headers: PairsBuilder): void {
    headers.add(STATUS_HEADER, HIT).add(SHORT_STATUS_HEADER, HIT).add(LAYER_HEADER, this.layer);
    if (this.age >= 0) headers.add(AGE_HEADER, integerText(this.age));
    if (!isNaN(this.score)) headers.add(SIMILARITY_HEADER, scoreText(this.score));
  }

  /** Headers of the model's answer. */
  addToResponse(): void {
    responseHeaders.set(STATUS_HEADER, this.shown);
    responseHeaders.set(SHORT_STATUS_HEADER, this.shown);
  }

  /** Enough of the digest to tell questions apart; nobody's words (ai-cache.md 6, no. 26). */
  private trace(log: PluginLog): void {
    const digest = encodeHex(this.key.sub(0, 4)).toString();
    log.debug("cache " + this.shown.toString() + ", key " + digest);
  }

  private get isHit(): bool {
    return this.status == CacheStatus.Hit;
  }

  private get layer(): Slice {
    return isNaN(this.score) ? EXACT : SEMANTIC;
  }

  /** The peer knows no bypass. */
  private get logged(): Slice {
    return this.status == CacheStatus.Bypass ? SKIP : this.shown;
  }

  private get shown(): Slice {
    switch (this.status) {
      case CacheStatus.Hit:
        return HIT;
      case CacheStatus.Miss:
        return MISS;
      case CacheStatus.Skip:
        return SKIP;
      case CacheStatus.Bypass:
        return BYPASS;
      default:
        return NO_BYTES;
    }
  }
}

function integerText(value: i64): Slice {
  return new Builder(24).appendInteger(value).view();
}

function scoreText(score: f64): Slice {
  const text = new JsonWriter();
  return text.number(score).toSlice();
}
