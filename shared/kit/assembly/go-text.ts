import { appendGoNumber, JsonType, JsonValue, numberOf, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { membersOf, sortedMembers } from "./canonical-json";

const BLANK: u8 = 0x20;

/**
 * A JSON value as Higress's Go plugins print it (`%v`, host.md 5.2), which is no JSON: strings bare,
 * numbers as doubles, null as `<nil>`, and
 *
 *   {"role":"user","n":[1,1000000]}   ──►   map[n:[1 1e+06] role:user]
 *
 * The value must be valid JSON of at most `MAX_ATTRIBUTE_DEPTH` levels; that bounds the recursion.
 *
 * @returns memory of its own
 */
export function goText(value: JsonValue): Slice {
  const out = new Builder(value.raw.length + 16);
  appendGo(out, value);
  return out.toSlice();
}

function appendGo(out: Builder, value: JsonValue): void {
  switch (value.type) {
    case JsonType.Object:
      return appendMap(out, value);
    case JsonType.Array:
      return appendList(out, value);
    case JsonType.Number:
      return appendGoNumber(out, numberOf(value));
    case JsonType.Null:
      out.appendText("<nil>");
      break;
    default:
      out.append(textOf(value));
  }
}

function appendMap(out: Builder, object: JsonValue): void {
  const members = sortedMembers(membersOf(object));
  out.appendText("map[");
  for (let i = 0; i < members.length; i++) {
    if (i > 0) out.appendByte(BLANK);
    appendGo(out.append(members[i].key).appendByte(0x3a), members[i].value!);
  }
  out.appendByte(0x5d);
}

function appendList(out: Builder, array: JsonValue): void {
  const cursor = array.entries();
  out.appendByte(0x5b);
  for (let i = 0; cursor.next(); i++) {
    if (i > 0) out.appendByte(BLANK);
    appendGo(out, cursor.value);
  }
  out.appendByte(0x5d);
}
