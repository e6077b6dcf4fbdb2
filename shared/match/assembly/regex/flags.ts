import { Slice } from "@ai-gateway-wasm/bytes";
import { RegexFault } from "./error";
import { Pattern } from "./pattern";

/** Flags of a group, as bits. */
export const enum FlagGroup {
  IgnoreCase = 1, // i
  MultiLine = 2, // m
  DotAll = 4, // s
  Ungreedy = 8, // U
}

/** What stands at the beginning of a group. */
@final
export class GroupStart {
  constructor(
    readonly flags: i32,
    /** False for `(?i)`, which is complete. */
    readonly opens: bool,
  ) {}
}

/** Reads `(`, `(?:`, `(?i-s:`, `(?i)`, `(?P<name>` or `(?<name>`. */
export function readGroup(pattern: Pattern, flags: i32): GroupStart {
  const start = pattern.at;
  pattern.take();
  if (!pattern.skips(0x3f)) return new GroupStart(flags, true);
  const isPython = pattern.next == 0x50 && pattern.text.at(pattern.at + 1) == 0x3c;
  if (isPython || pattern.next == 0x3c) {
    readName(pattern, start);
    return new GroupStart(flags, true);
  }
  return readFlags(pattern, start, flags);
}

/** `(?P<name>`: Go wants a word that no other group has; we never need the names. */
function readName(pattern: Pattern, start: i32): void {
  const open = pattern.text.indexOf(0x3c, start);
  const close = pattern.text.indexOf(0x3e, open);
  if (close < 0) {
    return pattern.failWith(RegexFault.NamedCapture, start, pattern.text.length);
  }
  const name = pattern.text.sub(open + 1, close);
  pattern.at = close + 1;
  if (name.isEmpty || !isWord(name)) pattern.fail(RegexFault.NamedCapture, start);
}

function isWord(name: Slice): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.at(i);
    const letter = c | 0x20;
    const isPart =
      c == 0x5f || (c >= 0x30 && c <= 0x39) || (letter >= 0x61 && letter <= 0x7a) || c >= 0x80;
    if (!isPart) return false;
  }
  return true;
}

function readFlags(pattern: Pattern, start: i32, flags: i32): GroupStart {
  let isOff = false;
  /** A minus needs flags behind it. */
  let isComplete = true;
  while (true) {
    const c = pattern.take();
    if ((c == 0x3a || c == 0x29) && isComplete) return new GroupStart(flags, c == 0x3a);
    const flag = flagOf(c);
    if (flag != 0) {
      flags = isOff ? flags & ~flag : flags | flag;
      isComplete = true;
    } else if (c == 0x2d && !isOff) {
      isOff = true;
      isComplete = false;
    } else {
      pattern.fail(RegexFault.PerlOperator, start);
      return new GroupStart(flags, true);
    }
  }
}

function flagOf(letter: i32): i32 {
  switch (letter) {
    case 0x69: // i
      return FlagGroup.IgnoreCase;
    case 0x6d: // m
      return FlagGroup.MultiLine;
    case 0x73: // s
      return FlagGroup.DotAll;
    case 0x55: // U
      return FlagGroup.Ungreedy;
    default:
      return 0;
  }
}
