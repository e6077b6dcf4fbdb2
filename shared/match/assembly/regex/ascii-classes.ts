import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { CharSet } from "./char-set";
import { foldCase } from "./fold";

const DIGITS: string = "09";
const SPACES: string = "\t\n\f\r  ";
const WORDS: string = "09AZ__az";

// Names and bounds of the POSIX classes, in the same order.
const NAMES: string[] = [
  "alnum",
  "alpha",
  "ascii",
  "blank",
  "cntrl",
  "digit",
  "graph",
  "lower",
  "print",
  "punct",
  "space",
  "upper",
  "word",
  "xdigit",
];
const BOUNDS: string[] = [
  "09AZaz",
  "AZaz",
  "\0\x7f",
  "\t\t  ",
  "\0\x1f\x7f\x7f",
  DIGITS,
  "!~",
  "az",
  " ~",
  "!/:@[`{~",
  "\t\r  ",
  "AZ",
  WORDS,
  "09AFaf",
];

/** The set of `[:name:]`, or of `[:^name:]` when `name` begins so; null for an unknown name. */
export function posixClass(name: Slice, ignoreCase: bool): CharSet | null {
  const isNegated = name.at(0) == 0x5e;
  const plain = isNegated ? name.sub(1) : name;
  for (let i = 0; i < NAMES.length; i++) {
    if (plain.equals(bytes(NAMES[i]))) return namedSet(setOf(BOUNDS[i]), ignoreCase, isNegated);
  }
  return null;
}

/** The set of `\d`, `\s` or `\w`, negated for the upper-case letter; null for another letter. */
export function perlClass(letter: i32, ignoreCase: bool): CharSet | null {
  const isNegated = (letter & 0x20) == 0;
  switch (letter | 0x20) {
    case 0x64: // d
      return namedSet(setOf(DIGITS), ignoreCase, isNegated);
    case 0x73: // s
      return namedSet(setOf(SPACES), ignoreCase, isNegated);
    case 0x77: // w
      return namedSet(setOf(WORDS), ignoreCase, isNegated);
    default:
      return null;
  }
}

/** Case is folded first, so that `(?i)\W` has no letter that `(?i)\w` has too. */
export function namedSet(set: CharSet, ignoreCase: bool, isNegated: bool): CharSet {
  if (ignoreCase) set = foldCase(set);
  return isNegated ? set.negated() : set;
}

function setOf(bounds: string): CharSet {
  const set = new CharSet();
  for (let i = 0; i + 1 < bounds.length; i += 2) {
    set.add(bounds.charCodeAt(i), bounds.charCodeAt(i + 1));
  }
  return set;
}
