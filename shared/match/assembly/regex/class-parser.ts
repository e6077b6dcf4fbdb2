import { perlClass, posixClass } from "./ascii-classes";
import { CharSet } from "./char-set";
import { RegexFault } from "./error";
import { escapedRune } from "./escapes";
import { foldCase } from "./fold";
import { END, Pattern } from "./pattern";
import { propertyClass } from "./properties";

const BACKSLASH: i32 = 0x5c;
const CLOSE: i32 = 0x5d;
const DASH: i32 = 0x2d;

/**
 * Reads a bracket expression; `pattern` stands behind the `[` at `start`:
 *
 *   [^a-z\d[:punct:]\p{Han}]
 *    ^
 */
export function parseClass(pattern: Pattern, start: i32, ignoreCase: bool): CharSet {
  const isNegated = pattern.skips(0x5e); // '^'
  /** Ranges as they are written; case is folded at the end. */
  let set = new CharSet();
  const named = new CharSet();
  let isFirst = true;
  while (isFirst || pattern.next != CLOSE) {
    if (pattern.isAtEnd) {
      pattern.failWith(RegexFault.MissingBracket, start, pattern.text.length);
      return set;
    }
    isFirst = false;
    const item = readNamedClass(pattern, ignoreCase);
    if (item !== null) named.addAll(item);
    else readRange(pattern, set, start);
    if (pattern.hasFailed) return set;
  }
  pattern.take();
  if (ignoreCase) set = foldCase(set);
  set.addAll(named);
  return isNegated ? set.negated() : set.normalised();
}

/** `a` or `a-z`. @param start where the expression begins */
function readRange(pattern: Pattern, set: CharSet, start: i32): void {
  const from = pattern.at;
  const lo = readRune(pattern, start);
  let hi = lo;
  // A dash before the bracket is a dash.
  if (pattern.next == DASH && pattern.text.at(pattern.at + 1) != CLOSE) {
    pattern.take();
    hi = readRune(pattern, start);
  }
  if (pattern.hasFailed) return;
  if (hi < lo) pattern.fail(RegexFault.CharRange, from);
  else set.add(lo, hi);
}

/** `[:alpha:]`, `\d`, `\pL`; null when something else stands there. */
function readNamedClass(pattern: Pattern, ignoreCase: bool): CharSet | null {
  const start = pattern.at;
  const second = pattern.text.at(start + 1);
  if (pattern.next == 0x5b && second == 0x3a) {
    const end = pattern.text.sub(start + 2).indexOf(0x3a) + start + 2;
    if (end >= start + 2 && pattern.text.at(end + 1) == CLOSE)
      return readPosix(pattern, end, ignoreCase);
    return null;
  }
  if (pattern.next != BACKSLASH) return null;
  const perl = perlClass(second, ignoreCase);
  if (perl !== null) {
    pattern.at += 2;
    return perl;
  }
  return propertyClass(pattern, ignoreCase);
}

/** @param end position of the colon behind the name */
function readPosix(pattern: Pattern, end: i32, ignoreCase: bool): CharSet | null {
  const start = pattern.at;
  const set = posixClass(pattern.text.sub(start + 2, end), ignoreCase);
  pattern.at = end + 2;
  if (set === null) pattern.fail(RegexFault.CharRange, start);
  return set;
}

/** One code point of a range; `start` is where the expression begins. */
function readRune(pattern: Pattern, start: i32): i32 {
  if (pattern.isAtEnd) {
    pattern.failWith(RegexFault.MissingBracket, start, pattern.text.length);
    return END;
  }
  return pattern.next == BACKSLASH ? escapedRune(pattern) : pattern.take();
}
