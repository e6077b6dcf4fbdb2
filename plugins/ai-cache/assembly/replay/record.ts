import {
  integerOf,
  JsonValue,
  JsonWriter,
  Escape,
  readJson,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** What no answer of a model begins with. */
const MARK: Slice = bytes("\u0001AIC1");
const VERSION: Slice = bytes("v");
/** The only one there is. */
const FIRST: i64 = 1;
const CREATED: Slice = bytes("t");
const MODEL: Slice = bytes("model");
const MESSAGE: Slice = bytes("message");
const CONTENT: Slice = bytes("content");
const FINISH_REASON: Slice = bytes("finish_reason");
const USAGE: Slice = bytes("usage");
const ID: Slice = bytes("id");

/** Model and id of an answer that has none, as in the templates. */
export const FROM_CACHE: Slice = bytes("from-cache");
/** Its finish reason. */
export const STOP: Slice = bytes("stop");

/** What an answer said besides its text (`replay: structured`). */
@final
export class AnswerParts {
  id: Slice = NO_BYTES;
  model: Slice = NO_BYTES;
  /** A JSON object. */
  message: Slice = NO_BYTES;
  finishReason: Slice = NO_BYTES;
  /** A JSON object; no bytes: it named none. */
  usage: Slice = NO_BYTES;
}

/**
 * An answer as it is stored with `replay: structured`; all else in a store is plain text:
 *
 *   0x01 A I C 1 {"v":1,"t":<created s>,"model":…,"message":{…},"finish_reason":…,"usage":{…},"id":…}
 */
@final
export class AnswerRecord {
  constructor(private readonly json: JsonValue) {}

  /** Whether a value is no plain text. */
  static isMarked(value: Slice): bool {
    return value.startsWith(MARK);
  }

  /** Null: the value is plain text, or a marked one that nobody can read. */
  static find(value: Slice): AnswerRecord | null {
    if (!AnswerRecord.isMarked(value)) return null;
    const json = readJson(value.sub(MARK.length));
    const isKnown = json !== null && integerOf(json.get(VERSION)) == FIRST;
    return json !== null && isKnown ? new AnswerRecord(json) : null;
  }

  static encode(parts: AnswerParts, createdS: i64): Slice {
    const out = new Builder(parts.message.length + 256).append(MARK);
    const json = new JsonWriter(Escape.Plain, out).openObject().key("v").integer(FIRST);
    json.key("t").integer(createdS).key("model").text(parts.model);
    json.key("message").raw(parts.message).key("finish_reason").text(parts.finishReason);
    if (!parts.usage.isEmpty) json.key("usage").raw(parts.usage);
    json.key("id").text(parts.id).closeObject();
    return out.view();
  }

  /** Seconds since 1970. */
  get created(): i64 {
    return integerOf(this.json.get(CREATED));
  }

  get id(): Slice {
    return this.textAt(ID, FROM_CACHE);
  }

  get model(): Slice {
    return this.textAt(MODEL, FROM_CACHE);
  }

  get finishReason(): Slice {
    return this.textAt(FINISH_REASON, STOP);
  }

  get message(): JsonValue | null {
    return this.json.get(MESSAGE);
  }

  /** Null: the model did not say. */
  get usage(): JsonValue | null {
    return this.json.get(USAGE);
  }

  /** The text of the message. */
  get text(): Slice {
    const message = this.message;
    return message === null ? NO_BYTES : textOf(message.get(CONTENT));
  }

  /** @param usual when the model did not say */
  private textAt(name: Slice, usual: Slice): Slice {
    const text = textOf(this.json.get(name));
    return text.isEmpty ? usual : text;
  }
}

/** When a value was stored, in milliseconds; 0: it does not say. */
export function createdMsOf(value: Slice): i64 {
  const record = AnswerRecord.find(value);
  return record === null ? 0 : record.created * 1000;
}
