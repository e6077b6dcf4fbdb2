import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { findQuote } from "../scan";

/** `@ugly`: without the blanks between tokens. */
export function ugly(json: Slice): Slice {
  const out = new Builder(json.length);
  for (let i = 0; i < json.length; i++) {
    const byte = json.at(i);
    if (byte == Char.Quote) i = copyString(out, json, i);
    else if (byte > Char.Space) out.appendByte(<u8>byte);
  }
  return out.view();
}

/** Deeper levels are not indented further: blanks would outgrow the text. */
const MAX_INDENT = 64;

/**
 * `@pretty`: one member or element per line, two blanks per level. Unlike GJSON, short arrays are
 * not kept on one line and the options are ignored.
 */
export function pretty(json: Slice): Slice {
  const tight = ugly(json);
  const out = new Builder(tight.length << 1);
  let depth = 0;
  for (let i = 0; i < tight.length; i++) {
    const byte = tight.at(i);
    if (byte == Char.Quote) {
      i = copyString(out, tight, i);
      continue;
    }
    const next = tight.at(i + 1);
    const opens = byte == Char.OpenCurly || byte == Char.OpenSquare;
    const closes = byte == Char.CloseCurly || byte == Char.CloseSquare;
    if (closes) {
      depth = max(0, depth - 1);
      const before = tight.at(i - 1);
      if (before != Char.OpenCurly && before != Char.OpenSquare) breakLine(out, depth);
    }
    out.appendByte(<u8>byte);
    if (opens) depth++;
    if (byte == Char.Colon) out.appendByte(<u8>Char.Space);
    const isEmpty = opens && (next == Char.CloseCurly || next == Char.CloseSquare);
    if ((opens && !isEmpty) || byte == Char.Comma) breakLine(out, depth);
  }
  return out.appendByte(<u8>Char.LineFeed).view();
}

function breakLine(out: Builder, depth: i32): void {
  out.appendByte(<u8>Char.LineFeed);
  for (let i = min(depth, MAX_INDENT) << 1; i > 0; i--) out.appendByte(<u8>Char.Space);
}

/** Copies the string that begins at `start`; answers the position of its last byte. */
function copyString(out: Builder, json: Slice, start: i32): i32 {
  const end = json.ptr + <usize>json.length;
  const quote = findQuote(json.ptr + <usize>start + 1, end);
  const last = quote == 0 ? json.length - 1 : <i32>(quote - json.ptr);
  out.append(json.sub(start, last + 1));
  return last;
}
