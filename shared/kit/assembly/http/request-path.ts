import { Builder, decodePercent, escapedByte, Slice } from "@ai-gateway-wasm/bytes";

const PERCENT: u8 = 0x25;
const BACKSLASH: u8 = 0x5c;

/** The path without query and fragment. */
export function pathOnly(path: Slice): Slice {
  for (let i = 0; i < path.length; i++) {
    const byte = path.at(i);
    if (byte == 0x3f || byte == 0x23) return path.sub(0, i);
  }
  return path;
}

/**
 * The path as most servers understand it: without query, percent-decoded once, `//` collapsed,
 * `.` and `..` resolved. Null when it cannot be decoded, does not start with `/`, or when servers
 * understand it in different ways; whoever guards something by path must then refuse.
 */
export function normalisePath(path: Slice): Slice | null {
  const raw = pathOnly(path);
  const decoded = decodePercent(raw);
  if (decoded === null || decoded.at(0) != 0x2f || decoded.indexOf(0) >= 0) return null;
  if (decoded.indexOf(BACKSLASH) >= 0) return null; // a slash for browsers and their like
  const plain = resolveSegments(decoded);
  // Whoever resolves before he decodes takes an encoded slash for a part of a segment.
  return plain.equals(decoded) || !hasEncodedSlash(raw) ? plain : null;
}

/**
 * A path that is decoded already, with `//` collapsed and `.` and `..` resolved. Starts with `/`
 * whatever it is given.
 */
export function resolveSegments(decoded: Slice): Slice {
  const out = new Builder(decoded.length);
  let position = 0;
  while (position < decoded.length) {
    let end = decoded.indexOf(0x2f, position + 1);
    if (end < 0) end = decoded.length;
    const segment = decoded.sub(position + 1, end);
    const last = end == decoded.length;
    const dots = segment.length <= 2 && segment.length > 0 && isDots(segment);
    if (dots && segment.length == 2) out.truncate(max(0, out.view().lastIndexOf(0x2f)));
    if (!dots && !segment.isEmpty) out.appendByte(0x2f).append(segment);
    if (last && (dots || segment.isEmpty)) out.appendByte(0x2f);
    position = end;
  }
  if (out.length == 0) out.appendByte(0x2f);
  return out.view();
}

function hasEncodedSlash(path: Slice): bool {
  let at = path.indexOf(PERCENT);
  while (at >= 0 && escapedByte(path, at) != 0x2f) at = path.indexOf(PERCENT, at + 1);
  return at >= 0;
}

function isDots(segment: Slice): bool {
  return segment.at(0) == 0x2e && (segment.length == 1 || segment.at(1) == 0x2e);
}
