import { Slice } from "@ai-gateway-wasm/bytes";

const STAR: i32 = 0x2a;

/**
 * A name as the configurations of token limits write it (token-rate-limit contract 7.6, token-quota
 * contract 7.4): `gpt-4o` is that name, `gpt-*` begins with `gpt-`, and `regexp:` is followed by an
 * expression that is searched for anywhere in the name. Case-sensitive.
 */
@final
export class NamePattern {
  private constructor(
    private readonly text: Slice,
    private readonly isPrefix: bool,
  ) {}

  /** @param text memory of its own */
  static parse(text: Slice): NamePattern {
    const last = text.length - 1;
    const isPrefix = text.at(last) == STAR;
    return new NamePattern(isPrefix ? text.sub(0, last) : text, isPrefix);
  }

  /** The name, when the pattern is one; null when it may match several. */
  get exact(): Slice | null {
    return this.isPrefix ? null : this.text;
  }

  matches(name: Slice): bool {
    return this.isPrefix ? name.startsWith(this.text) : name.equals(this.text);
  }
}
