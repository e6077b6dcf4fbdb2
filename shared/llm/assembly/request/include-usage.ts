import { Builder, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { JsonType, JsonValue, boolOf, readJson } from "@ai-gateway-wasm/as-json";

const STREAM: Slice = bytes("stream");
const STREAM_OPTIONS: Slice = bytes("stream_options");
const INCLUDE_USAGE: Slice = bytes("include_usage");
const TRUE: Slice = bytes("true");
const OPTIONS: Slice = bytes('{"include_usage":true}');

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
  let count = 0;
  let options: JsonValue | null = null;
  const members = root.entries();
  while (members.next()) {
    // Servers disagree about repeated keys, and about texts: what might stream does.
    if (members.keyIsLike(STREAM)) {
      streams = streams || members.valueType >= JsonType.String || boolOf(members.value);
    } else if (members.keyIsLike(STREAM_OPTIONS)) {
      if (members.valueType != JsonType.Null && !overrules) return null;
      options = count++ == 0 && members.valueType == JsonType.Object ? members.value : null;
    }
  }
  if (!streams || !root.isComplete) return null;
  let asking = OPTIONS;
  if (options !== null) asking = setMember(options.raw, options, INCLUDE_USAGE, TRUE);
  return setMember(body, root, STREAM_OPTIONS, asking);
}

/**
 * The text with all members of that name, in any case of letters, set; one is added at the end of the
 * object when there is none. Makes no object of other members.
 */
function setMember(text: Slice, object: JsonValue, name: Slice, json: Slice): Slice {
  const out = new Builder(text.length + 64);
  let from = text.ptr;
  let isEmpty = true;
  let isFound = false;
  const members = object.entries();
  while (members.next()) {
    isEmpty = false;
    if (!members.keyIsLike(name)) continue;
    isFound = true;
    const value = members.value.raw;
    out.appendRaw(from, <i32>(value.ptr - from)).append(json);
    from = value.ptr + <usize>value.length;
  }
  if (!isFound) {
    const close = object.endAddress() - 1;
    out.appendRaw(from, <i32>(close - from));
    if (!isEmpty) out.appendByte(0x2c);
    out.appendByte(0x22).append(name).appendByte(0x22).appendByte(0x3a).append(json);
    from = close;
  }
  return out.appendRaw(from, <i32>(text.ptr + <usize>text.length - from)).view();
}
