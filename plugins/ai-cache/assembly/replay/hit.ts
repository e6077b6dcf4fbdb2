import { integerOf, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { wallClockSeconds } from "proxy-wasm-as";
import { CacheConfig } from "../config/config";
import { ChunkReplay } from "./chunks";
import { completionOf, singleEventOf } from "./completion";
import { AnswerRecord } from "./record";

const PROMPT_TOKENS: Slice = bytes("prompt_tokens");
const COMPLETION_TOKENS: Slice = bytes("completion_tokens");
const BYTES_PER_TOKEN: i64 = 4;
/** That one answer may count: a model, or whoever writes to Redis, may say anything. */
const MOST_TOKENS: i64 = i32.MAX_VALUE;

/** A value of the cache, to be answered to this client. */
@final
export class Hit {
  private readonly record: AnswerRecord | null;
  private readonly text: Slice;

  constructor(value: Slice) {
    const record = AnswerRecord.find(value);
    this.record = record;
    if (record !== null) this.text = record.text;
    else this.text = AnswerRecord.isMarked(value) ? NO_BYTES : value; // of a later version, perhaps
  }

  /** Nothing to answer with. */
  get isBlank(): bool {
    return trim(this.text).isEmpty;
  }

  /** The body of the answer. */
  render(config: CacheConfig, wantsStream: bool, wantsUsage: bool): Slice {
    const record = config.keepsRecords ? this.record : null;
    if (wantsStream && config.replaysChunks) {
      const chunks = new ChunkReplay(record, <i64>wallClockSeconds());
      return chunks.render(this.text, wantsUsage, config.showsUsage);
    }
    if (record === null) {
      return (wantsStream ? config.streamTemplate : config.template).fill(this.text);
    }
    return wantsStream
      ? singleEventOf(record, config.showsUsage)
      : completionOf(record, config.showsUsage);
  }

  /** Tokens of the request that the model was spared. @param bodyBytes for when nobody counted them */
  inputTokens(bodyBytes: i32): i64 {
    return this.tokens(PROMPT_TOKENS, bodyBytes);
  }

  outputTokens(): i64 {
    return this.tokens(COMPLETION_TOKENS, this.text.length);
  }

  private tokens(name: Slice, byteCount: i32): i64 {
    const record = this.record;
    const usage: JsonValue | null = record === null ? null : record.usage;
    const counted: i64 = usage === null ? 0 : integerOf(usage.get(name));
    if (counted > 0) return min(counted, MOST_TOKENS);
    return (<i64>byteCount + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
  }
}
