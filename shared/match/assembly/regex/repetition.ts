import { Node, NodeKind, UNBOUNDED } from "./ast";
import { RegexFault } from "./error";
import { Pattern } from "./pattern";

/** Copies that a counted repetition may come to, nested ones multiplied (RE2, Go). */
const MAX_COUNT: i32 = 1000;
const NO_COUNT: i32 = -1;

/** How often a part is repeated. */
@final
export class Repetition {
  isLazy: bool = false;

  constructor(
    readonly min: i32,
    readonly max: i32,
    readonly isCounted: bool,
  ) {}
}

/** Reads `*`, `+`, `?` or braces, and the `?` behind; null when something else stands there. */
export function readRepeat(pattern: Pattern, isUngreedy: bool): Repetition | null {
  const start = pattern.at;
  const repetition = readOperator(pattern);
  if (repetition === null) return null;
  const isTooMuch =
    repetition.min > MAX_COUNT ||
    repetition.max > MAX_COUNT ||
    (repetition.max != UNBOUNDED && repetition.min > repetition.max);
  if (isTooMuch) pattern.fail(RegexFault.RepeatSize, start);
  repetition.isLazy = pattern.skips(0x3f) != isUngreedy;
  return repetition;
}

function readOperator(pattern: Pattern): Repetition | null {
  if (pattern.skips(0x2a)) return new Repetition(0, UNBOUNDED, false);
  if (pattern.skips(0x2b)) return new Repetition(1, UNBOUNDED, false);
  if (pattern.skips(0x3f)) return new Repetition(0, 1, false);
  return pattern.next == 0x7b ? readBraces(pattern) : null;
}

/** `{2}`, `{2,}` or `{2,3}`. Anything else in braces is text. */
function readBraces(pattern: Pattern): Repetition | null {
  const start = pattern.at;
  pattern.take();
  const min = readCount(pattern);
  let max = min;
  if (min != NO_COUNT && pattern.skips(0x2c)) {
    max = pattern.next == 0x7d ? UNBOUNDED : readCount(pattern);
    if (max == NO_COUNT && pattern.next != 0x7d) pattern.at = start;
  }
  if (min == NO_COUNT || pattern.at == start || !pattern.skips(0x7d)) {
    pattern.at = start;
    return null;
  }
  return new Repetition(min, max, true);
}

/** Digits, as Go reads them: no leading zero but a zero alone. Too many stay above the limit. */
function readCount(pattern: Pattern): i32 {
  const start = pattern.at;
  let count = 0;
  while (pattern.next >= 0x30 && pattern.next <= 0x39) {
    count = min(count * 10 + pattern.take() - 0x30, MAX_COUNT + 1);
  }
  const digits = pattern.at - start;
  if (digits == 0 || (digits > 1 && pattern.text.at(start) == 0x30)) return NO_COUNT;
  return count;
}

/** True unless counted repetitions inside of each other come to more than a thousand copies. */
export function withinLimit(node: Node): bool {
  return !node.isCounted || fits(node, MAX_COUNT);
}

function fits(node: Node, limit: i32): bool {
  let rest = limit;
  if (node.kind == NodeKind.Repeat && node.isCounted) {
    if (node.max == 0) return true;
    const count = node.max == UNBOUNDED ? node.min : node.max;
    if (count > rest) return false;
    if (count > 0) rest /= count;
  }
  for (let i = 0; i < node.children.length; i++) {
    if (!fits(node.children[i], rest)) return false;
  }
  return true;
}
