import type { HeaderPair } from "../types.js";
import { asBytes, fromBytes, toBinary, toText } from "./text.js";

const MAX_PAIRS = 1024;
const MAX_BYTES = 1 << 20;

/**
 * Pair format (harness.md §5.10):
 *
 *     count │ nameLen valueLen │ … │ name NUL value NUL │ …
 *      u32  │   u32     u32    │   │  lengths without the NULs
 */
export function encodePairs(pairs: readonly HeaderPair[]): Uint8Array {
  let size = 4;
  for (const [name, value] of pairs) size += 10 + name.length + value.length;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, pairs.length, true);
  let lengths = 4;
  let at = 4 + 8 * pairs.length;
  for (const [name, value] of pairs) {
    view.setUint32(lengths, name.length, true);
    view.setUint32(lengths + 4, value.length, true);
    lengths += 8;
    for (let i = 0; i < name.length; i++) out[at++] = name.charCodeAt(i);
    at++;
    for (let i = 0; i < value.length; i++) out[at++] = value.charCodeAt(i);
    at++;
  }
  return out;
}

/** Null where the host sees "no pairs": missing NUL, over-read, trailing bytes, above the limits. */
export function decodePairs(bytes: Uint8Array): HeaderPair[] | null {
  if (bytes.length < 4 || bytes.length > MAX_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(0, true);
  if (count > MAX_PAIRS || 4 + 8 * count > bytes.length) return null;
  const pairs: HeaderPair[] = [];
  let at = 4 + 8 * count;
  const take = (length: number): string | null => {
    const end = at + length;
    if (end >= bytes.length || bytes[end] !== 0) return null;
    const text = fromBytes(bytes.subarray(at, end));
    at = end + 1;
    return text;
  };
  for (let i = 0; i < count; i++) {
    const name = take(view.getUint32(4 + 8 * i, true));
    const value = name === null ? null : take(view.getUint32(8 + 8 * i, true));
    if (name === null || value === null) return null;
    pairs.push([name, value]);
  }
  return at === bytes.length ? pairs : null;
}

/** The pair format for tests: names and values are UTF-8 text. */
export const pairs = {
  encode(list: Iterable<readonly [string, string | Uint8Array]>): Uint8Array {
    return encodePairs([...list].map(([n, v]): HeaderPair => [toBinary(n), toBinary(v)]));
  },
  decode(bytes: Uint8Array | string): HeaderPair[] | null {
    const list = decodePairs(asBytes(bytes));
    return list && list.map(([n, v]): HeaderPair => [toText(n), toText(v)]);
  },
};
