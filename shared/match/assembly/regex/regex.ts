import { Slice } from "@ai-gateway-wasm/bytes";
import { Compiler } from "./compiler";
import { Dfa } from "./dfa";
import { RegexError, RegexFault } from "./error";
import { Parser } from "./parser";
import { Program } from "./program";
import { validText } from "./valid-text";

/** Bytes a pattern may have (content-security.md 9.2). */
export const MAX_PATTERN: i32 = 1000;

/** A compiled pattern. Looking for it takes time in proportion to the text, whatever the two are. */
@final
export class Regex {
  private readonly dfa: Dfa;

  /** Only for `compileRegex`. */
  constructor(program: Program) {
    this.dfa = new Dfa(program);
  }

  /** True when some part of the text matches, as in Go's `Regexp.Match`. Keeps nothing of it. */
  matches(text: Slice): bool {
    return this.dfa.matches(validText(text));
  }
}

/**
 * Compiles a pattern in the syntax of RE2 (content-security.md 9.2). Null when it is refused;
 * `error` then says why.
 */
export function compileRegex(pattern: Slice, error: RegexError): Regex | null {
  if (pattern.length > MAX_PATTERN) return refuse(pattern, error, RegexFault.TooLarge);
  if (validText(pattern) !== pattern) return refuse(pattern, error, RegexFault.Utf8);
  const tree = new Parser(pattern, error).parse();
  if (tree === null) return null;
  const program = new Compiler().compile(tree);
  return program === null ? refuse(pattern, error, RegexFault.TooLarge) : new Regex(program);
}

function refuse(pattern: Slice, error: RegexError, fault: RegexFault): Regex | null {
  error.fault = fault;
  error.offset = 0;
  error.fragment = pattern;
  return null;
}
