import { Slice, trim } from "@ai-gateway-wasm/bytes";

/**
 * The value of the first cookie of this name, or null. As peers read it: names count exactly,
 * the value is everything behind the `=`, quotes included, a pair without `=` is passed over.
 *
 *   session=abc=; theme = dark
 *   ↑ one pair    ↑ trimmed at its ends, so this one is called `theme `
 */
export function findCookie(header: Slice, name: Slice): Slice | null {
  let at = 0;
  while (at < header.length) {
    let end = header.indexOf(0x3b, at);
    if (end < 0) end = header.length;
    const pair = trim(header.sub(at, end));
    const equals = name.length;
    if (pair.at(equals) == 0x3d && pair.startsWith(name)) return pair.sub(equals + 1);
    at = end + 1;
  }
  return null;
}
