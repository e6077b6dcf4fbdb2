import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { perlClass } from "./ascii-classes";
import { Node, NodeKind, Place } from "./ast";
import { CharSet, MAX_RUNE } from "./char-set";
import { parseClass } from "./class-parser";
import { RegexError, RegexFault } from "./error";
import { escapedRune } from "./escapes";
import { FlagGroup, readGroup } from "./flags";
import { foldCase } from "./fold";
import { asGroup, notesGroups } from "./groups";
import { END, Pattern } from "./pattern";
import { readsDigitMarks } from "./digit-marks";
import { propertyClass } from "./properties";
import { readRepeat, Repetition, withinLimit } from "./repetition";

/** Groups inside of each other (content-security.md 9.2). */
const MAX_DEPTH: i32 = 200;

const LITERAL_START: Slice = bytes("\\Q");
const LITERAL_END: Slice = bytes("\\E");

/**
 * Reads a pattern by recursive descent, in the syntax of RE2 and with the faults of Go:
 *
 *   choice   = sequence { "|" sequence }
 *   sequence = { atom { "*" | "+" | "?" | "{n,m}" } }
 *   atom     = rune | "." | "[…]" | "\…" | "^" | "$" | "(" choice ")"
 */
@final
export class Parser {
  private readonly pattern: Pattern;
  private flags: i32 = 0;
  private depth: i32 = 0;

  /** @param text valid UTF-8 */
  constructor(text: Slice, error: RegexError) {
    this.pattern = new Pattern(text, error);
  }

  /** The pattern as a tree; null when the error says why not. */
  parse(): Node | null {
    const tree = this.choice();
    if (!this.pattern.isAtEnd) {
      this.pattern.failWith(RegexFault.UnexpectedParen, 0, this.pattern.text.length);
    }
    return this.pattern.hasFailed ? null : tree;
  }

  /** Flags that are set inside hold until the end of the group around them. */
  private choice(): Node {
    const choices = [this.sequence()];
    while (this.pattern.skips(0x7c)) choices.push(this.sequence());
    return choices.length == 1 ? choices[0] : Node.ofChildren(NodeKind.Choice, choices);
  }

  private sequence(): Node {
    const pattern = this.pattern;
    const parts: Node[] = [];
    /** Where the repetitions behind the last part begin; -1: there is none. */
    let repeated = -1;
    while (!pattern.isAtEnd && pattern.next != 0x7c && pattern.next != 0x29) {
      const start = pattern.at;
      const repetition = readRepeat(pattern, (this.flags & FlagGroup.Ungreedy) != 0);
      if (repetition !== null) {
        this.repeat(parts, repetition, start, repeated);
        repeated = repeated < 0 ? start : repeated;
      } else {
        repeated = -1;
        this.part(parts);
      }
    }
    return parts.length == 1 ? parts[0] : Node.ofChildren(NodeKind.Sequence, parts);
  }

  private repeat(parts: Node[], repetition: Repetition, start: i32, repeated: i32): void {
    const pattern = this.pattern;
    if (repeated >= 0) return pattern.fail(RegexFault.RepeatOperator, repeated);
    if (parts.length == 0) return pattern.fail(RegexFault.MissingRepeatArgument, start);
    const node = Node.ofChildren(NodeKind.Repeat, [parts.pop()]);
    node.min = repetition.min;
    node.max = repetition.max;
    node.isLazy = repetition.isLazy;
    node.isCounted = repetition.isCounted;
    parts.push(node);
    if (!withinLimit(node)) pattern.fail(RegexFault.RepeatSize, start);
  }

  /** Reads the next atom; a group that only sets flags adds nothing. */
  private part(parts: Node[]): void {
    const pattern = this.pattern;
    const start = pattern.at;
    switch (pattern.next) {
      case 0x28: // (
        return this.group(parts);
      case 0x5b: // [
        pattern.take();
        parts.push(Node.ofSet(parseClass(pattern, start, this.has(FlagGroup.IgnoreCase))));
        return;
      case 0x2e: // .
        pattern.take();
        parts.push(
          Node.ofSet(this.has(FlagGroup.DotAll) ? CharSet.of(0, MAX_RUNE) : anyButLineEnd()),
        );
        return;
      case 0x5e: // ^
        pattern.take();
        parts.push(Node.ofPlace(this.has(FlagGroup.MultiLine) ? Place.LineStart : Place.TextStart));
        return;
      case 0x24: // $
        pattern.take();
        parts.push(Node.ofPlace(this.has(FlagGroup.MultiLine) ? Place.LineEnd : Place.TextEnd));
        return;
      case 0x5c: // backslash
        return this.escape(parts);
      default:
        parts.push(this.literal(pattern.take()));
    }
  }

  private group(parts: Node[]): void {
    const pattern = this.pattern;
    const before = this.flags;
    const start = notesGroups ? pattern.at : 0;
    const group = readGroup(pattern, before);
    if (pattern.hasFailed) return;
    this.flags = group.flags;
    if (!group.opens) return; // `(?i)`: the flags hold from here on
    if (++this.depth > MAX_DEPTH) {
      return pattern.failWith(RegexFault.NestingDepth, 0, pattern.text.length);
    }
    const content = this.choice();
    parts.push(notesGroups ? asGroup(content, pattern.text, start) : content);
    this.depth--;
    this.flags = before;
    if (!pattern.skips(0x29)) {
      pattern.failWith(RegexFault.MissingParen, 0, pattern.text.length);
    }
  }

  private escape(parts: Node[]): void {
    const pattern = this.pattern;
    if (pattern.skipsAll(LITERAL_START)) return this.quoted(parts);
    const letter = pattern.text.at(pattern.at + 1);
    const place = placeOf(letter);
    if (place != 0) {
      pattern.at += 2;
      parts.push(Node.ofPlace(<Place>place));
      return;
    }
    const ignoreCase = this.has(FlagGroup.IgnoreCase);
    let set = perlClass(letter, ignoreCase);
    if (set !== null) pattern.at += 2;
    else set = propertyClass(pattern, ignoreCase);
    parts.push(set === null ? this.literal(escapedRune(pattern)) : Node.ofSet(set.normalised()));
  }

  /** `\Q…\E`: everything in it stands for itself. */
  private quoted(parts: Node[]): void {
    const pattern = this.pattern;
    while (!pattern.isAtEnd && !pattern.skipsAll(LITERAL_END)) {
      parts.push(this.literal(pattern.take()));
    }
  }

  private literal(rune: i32): Node {
    if (rune == END) return new Node(NodeKind.Empty);
    const set = CharSet.of(rune, rune);
    return Node.ofSet(this.has(FlagGroup.IgnoreCase) ? foldCase(set).normalised() : set);
  }

  private has(flag: FlagGroup): bool {
    return (this.flags & flag) != 0;
  }
}

function anyButLineEnd(): CharSet {
  return CharSet.of(0, 0x09).add(0x0b, MAX_RUNE);
}

/** The condition that `\A`, `\z`, `\b` or `\B` stands for, or a mark of grok's table; 0: none. */
function placeOf(letter: i32): i32 {
  switch (letter) {
    case 0x01:
      return readsDigitMarks ? Place.NotAfterDigit : 0;
    case 0x02:
      return readsDigitMarks ? Place.NotBeforeDigit : 0;
    case 0x41: // A
      return Place.TextStart;
    case 0x7a: // z
      return Place.TextEnd;
    case 0x62: // b
      return Place.WordBorder;
    case 0x42: // B
      return Place.NoWordBorder;
    default:
      return 0;
  }
}
