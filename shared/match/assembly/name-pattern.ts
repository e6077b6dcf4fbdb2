import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RegexError } from "./regex/error";
import { compileRegex, Regex } from "./regex/regex";

const REGEXP: Slice = bytes("regexp:");
const STAR: i32 = 0x2a;

/**
 * A name as the configurations of token limits write it (token-rate-limit contract 7.6, token-quota
 * contract 7.4): `gpt-4o` is that name, `gpt-*` begins with `gpt-`, and `regexp:` is followed by an
 * expression that is searched for anywhere in the name. Case-sensitive.
 */
@final
export class NamePattern {
  constructor(
    private readonly text: Slice,
    private readonly isPrefix: bool,
    /** Null: `text` decides. */
    private readonly regex: Regex | null,
  ) {}

  /**
   * Null for an expression that is refused; `error` then says why.
   *
   * @param text memory of its own
   */
  static parse(text: Slice, error: RegexError): NamePattern | null {
    if (text.startsWith(REGEXP)) {
      const regex = compileRegex(text.sub(REGEXP.length), error);
      return regex === null ? null : new NamePattern(text, false, regex);
    }
    const last = text.length - 1;
    const isPrefix = text.at(last) == STAR;
    return new NamePattern(isPrefix ? text.sub(0, last) : text, isPrefix, null);
  }

  /** The name, when the pattern is one; null when it may match several. */
  get exact(): Slice | null {
    return this.isPrefix || this.regex !== null ? null : this.text;
  }

  matches(name: Slice): bool {
    const regex = this.regex;
    if (regex !== null) return regex.matches(name);
    return this.isPrefix ? name.startsWith(this.text) : name.equals(this.text);
  }
}
