import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** What is wrong with a pattern, in the words of Go's regexp/syntax. */
export const enum RegexFault {
  None,
  CharClass,
  CharRange,
  Escape,
  NamedCapture,
  PerlOperator,
  RepeatOperator,
  RepeatSize,
  Utf8,
  MissingBracket,
  MissingParen,
  MissingRepeatArgument,
  TrailingBackslash,
  UnexpectedParen,
  NestingDepth,
  TooLarge,
}

/** Why a pattern was refused; filled by `compileRegex`. */
@final
export class RegexError {
  fault: RegexFault = RegexFault.None;
  /** The part of the pattern that is to blame; a view of the pattern. */
  fragment: Slice = NO_BYTES;
  /** Where that part begins, in bytes. */
  offset: i32 = 0;

  /** The message of Go's regexp package: ``error parsing regexp: <fault>: `<fragment>` ``. */
  get message(): string {
    return "error parsing regexp: " + wordsOf(this.fault) + ": `" + this.fragment.toString() + "`";
  }
}

function wordsOf(fault: RegexFault): string {
  switch (fault) {
    case RegexFault.CharClass:
      return "invalid character class";
    case RegexFault.CharRange:
      return "invalid character class range";
    case RegexFault.Escape:
      return "invalid escape sequence";
    case RegexFault.NamedCapture:
      return "invalid named capture";
    case RegexFault.PerlOperator:
      return "invalid or unsupported Perl syntax";
    case RegexFault.RepeatOperator:
      return "invalid nested repetition operator";
    case RegexFault.RepeatSize:
      return "invalid repeat count";
    case RegexFault.Utf8:
      return "invalid UTF-8";
    case RegexFault.MissingBracket:
      return "missing closing ]";
    case RegexFault.MissingParen:
      return "missing closing )";
    case RegexFault.MissingRepeatArgument:
      return "missing argument to repetition operator";
    case RegexFault.TrailingBackslash:
      return "trailing backslash at end of expression";
    case RegexFault.UnexpectedParen:
      return "unexpected )";
    case RegexFault.NestingDepth:
      return "expression nests too deeply";
    default:
      return "expression too large";
  }
}
