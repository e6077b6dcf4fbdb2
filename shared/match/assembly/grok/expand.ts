import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { GROK_PATTERNS } from "./patterns";

const OPEN: Slice = bytes("%{");
const PLAIN_GROUP: Slice = bytes("(?:");
const NAMED_GROUP: Slice = bytes("(?P<");

/** Bytes of an expression with its names expanded. */
export const MAX_EXPANDED: i32 = 16384;
/** Names inside of each other; in the table there are seven. */
const MAX_DEPTH: i32 = 10;

/**
 * The expression with `%{NAME}` replaced by `(?:…)` and `%{NAME:alias}` by `(?P<alias>…)`; what
 * follows a second colon, a type, is left out (content-security.md 2.6). The same slice when there
 * is no name in it; null for a name that is not in the table, or a result of more than 16 KiB.
 */
export function expandGrok(pattern: Slice): Slice | null {
  if (pattern.find(OPEN) < 0) return pattern;
  const expanded = new Builder(1024);
  return expand(pattern, expanded, 0) ? expanded.toSlice() : null;
}

function expand(pattern: Slice, into: Builder, depth: i32): bool {
  let from = 0;
  for (let at = pattern.find(OPEN); at >= 0; at = pattern.find(OPEN, from)) {
    const end = pattern.indexOf(0x7d, at);
    if (end < 0) break; // not closed: text
    into.append(pattern.sub(from, at));
    if (!expandName(pattern.sub(at + 2, end), into, depth)) return false;
    from = end + 1;
  }
  into.append(pattern.sub(from));
  return into.length <= MAX_EXPANDED;
}

/** @param reference `NAME`, `NAME:alias` or `NAME:alias:type` */
function expandName(reference: Slice, into: Builder, depth: i32): bool {
  const colon = reference.indexOf(0x3a);
  const content = findPattern(colon < 0 ? reference : reference.sub(0, colon));
  if (content === null || depth >= MAX_DEPTH) return false;
  if (colon < 0) {
    into.append(PLAIN_GROUP);
  } else {
    const type = reference.indexOf(0x3a, colon + 1);
    into.append(NAMED_GROUP).append(reference.sub(colon + 1, type < 0 ? reference.length : type));
    into.appendByte(0x3e); // '>'
  }
  if (!expand(content, into, depth + 1)) return false;
  into.appendByte(0x29); // ')'
  return true;
}

function findPattern(name: Slice): Slice | null {
  const table = GROK_PATTERNS;
  for (let at = 0; at < table.length;) {
    const blank = table.indexOf(0x20, at);
    const end = table.indexOf(0x0a, blank);
    if (table.sub(at, blank).equals(name)) return table.sub(blank + 1, end);
    at = end + 1;
  }
  return null;
}
