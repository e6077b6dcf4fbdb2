import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { namedSet } from "./ascii-classes";
import { CharSet } from "./char-set";
import { RegexFault } from "./error";
import { Pattern } from "./pattern";
import { PROPERTY_ENDS, PROPERTY_NAMES, PROPERTY_TABLE } from "./property-table";

/**
 * Reads `\pL`, `\p{Han}`, `\P{Han}` or `\p{^Han}`; null, and nothing is read, when something else
 * stands there. An unknown name is a fault, as in Go.
 */
export function propertyClass(pattern: Pattern, ignoreCase: bool): CharSet | null {
  const start = pattern.at;
  const letter = pattern.text.at(start + 1);
  if (pattern.next != 0x5c || (letter | 0x20) != 0x70) return null;
  pattern.at += 2;
  let isNegated = letter == 0x50;
  const name = readName(pattern);
  const isInverted = name.at(0) == 0x5e; // '^'
  if (isInverted) isNegated = !isNegated;
  const set = findProperty(name.sub(isInverted ? 1 : 0));
  if (set === null) {
    pattern.fail(RegexFault.CharRange, start);
    return new CharSet();
  }
  return namedSet(set, ignoreCase, isNegated);
}

/** One letter, or what stands in braces; empty when the brace is not closed. */
function readName(pattern: Pattern): Slice {
  const start = pattern.at;
  if (!pattern.skips(0x7b)) {
    pattern.take();
    return pattern.text.sub(start, pattern.at);
  }
  const end = pattern.text.indexOf(0x7d, start);
  pattern.at = end < 0 ? pattern.text.length : end + 1;
  return pattern.text.sub(start + 1, end);
}

function findProperty(name: Slice): CharSet | null {
  for (let i = 0; i < PROPERTY_NAMES.length; i++) {
    if (name.equals(bytes(PROPERTY_NAMES[i]))) return unpack(i == 0 ? 0 : PROPERTY_ENDS[i - 1], i);
  }
  return null;
}

function unpack(start: i32, index: i32): CharSet {
  const set = new CharSet();
  const end = PROPERTY_ENDS[index];
  let rune = 0;
  let lo = -1;
  for (let at = start; at < end; at++) {
    let value = 0;
    let shift = 0;
    for (; PROPERTY_TABLE[at] >= 0x80; at++, shift += 7) {
      value |= (<i32>(PROPERTY_TABLE[at] & 0x7f)) << shift;
    }
    rune += value | ((<i32>PROPERTY_TABLE[at]) << shift);
    if (lo < 0) {
      lo = rune;
    } else {
      set.add(lo, rune);
      lo = -1;
    }
  }
  return set;
}
