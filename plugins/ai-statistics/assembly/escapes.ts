import { readUnit } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, hexValue, Slice } from "@ai-gateway-wasm/bytes";

const UNICODE: Slice = bytes("\\u");
const BACKSLASH: i32 = 0x5c;
const SMALL_U: i32 = 0x75;
/** Bytes of `\u4e00`. */
const LENGTH: i32 = 6;

/**
 * A text in which characters that are not ASCII stand for themselves, however deep JSON stands in JSON:
 * `\u5f20`, `\\u5f20` and `张` are all the same. What has two escapes, emojis, stays.
 */
export function withoutUnicodeEscapes(text: Slice): Slice {
  let at = text.find(UNICODE);
  if (at < 0) return text;
  const out = new Builder(text.length);
  let from = 0;
  for (; at >= 0; at = text.find(UNICODE, at + 2)) {
    const unit = readUnit(text.ptr + <usize>at, text.ptr + <usize>text.length);
    if (unit < 0x80 || (unit & 0xf800) == 0xd800) continue;
    let start = at;
    while (start > from && text.at(start - 1) == BACKSLASH) start--;
    out.append(text.sub(from, start)).appendCodePoint(unit);
    from = at + LENGTH;
  }
  return out.append(text.sub(from)).view();
}

/** Where the escape at `at` ends, in JSON that stands in JSON, too; behind any other byte. */
export function behindEscape(text: Slice, at: i32): i32 {
  if (text.at(at++) != BACKSLASH) return at;
  while (text.at(at) == BACKSLASH) at++;
  const letter = text.at(at);
  if (letter == 0x62 || letter == 0x66 || letter == 0x6e || letter == 0x72 || letter == 0x74) {
    return at + 1;
  }
  if (letter != SMALL_U) return at;
  let end = at + 1;
  while (end < at + LENGTH - 1 && hexValue(text.at(end)) >= 0) end++;
  return end == at + LENGTH - 1 ? end : at;
}
