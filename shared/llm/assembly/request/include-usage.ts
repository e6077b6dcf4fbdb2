import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import {
  JsonCursor,
  JsonType,
  JsonValue,
  KeyPath,
  KeyStep,
  boolOf,
  readJson,
  setValue,
} from "@ai-gateway-wasm/as-json";

const STREAM: Slice = bytes("stream");
const STREAM_OPTIONS: Slice = bytes("stream_options");
const INCLUDE_USAGE: Slice = bytes("include_usage");
const TRUE: Slice = bytes("true");
const OPTIONS: Slice = bytes('{"include_usage":true}');

/** A member in any case of letters: servers in Go read all of them. */
@final
class AnyCase extends KeyStep {
  constructor(key: Slice) {
    super(key, -1, false);
  }

  override names(_container: JsonValue, cursor: JsonCursor, _count: i32): bool {
    return cursor.keyIsLike(this.key);
  }
}

const OPTIONS_STEP: KeyStep = new AnyCase(STREAM_OPTIONS);
const TO_OPTIONS: KeyPath = new KeyPath([OPTIONS_STEP]);
const TO_OPTION: KeyPath = new KeyPath([OPTIONS_STEP, new AnyCase(INCLUDE_USAGE)]);

/**
 * The body of a chat or completions request of OpenAI with `stream_options.include_usage` set, so
 * that its stream says what it used (token-rate-limit contract 6, #14). Null when there is nothing
 * to change: the request does not stream, or is no object. Not for other APIs, which refuse the field.
 *
 * @param overrules also where the request has `stream_options` of its own, be it with `false`: what
 *   charges for streams needs their usage
 */
export function askForUsage(body: Slice, overrules: bool = true): Slice | null {
  const root = readJson(body);
  if (root === null || !root.isObject) return null;
  let streams: bool = false;
  let options = 0;
  let isObject: bool = false;
  let isDecided: bool = false;
  const members = root.entries();
  while (members.next()) {
    // Servers disagree about repeated keys, and about texts: what might stream does.
    if (members.keyIsLike(STREAM)) {
      if (members.valueType >= JsonType.String || boolOf(members.value)) streams = true;
    } else if (members.keyIsLike(STREAM_OPTIONS)) {
      options++;
      isObject = members.valueType == JsonType.Object;
      if (members.valueType != JsonType.Null) isDecided = true;
    }
  }
  if (!streams || (isDecided && !overrules)) return null;
  const isOne = options == 1 && isObject;
  return isOne ? setValue(body, TO_OPTION, TRUE) : setValue(body, TO_OPTIONS, OPTIONS);
}
