import { Builder, encodeHex, Slice } from "@ai-gateway-wasm/bytes";
import { HmacSha256, sha256Once } from "@ai-gateway-wasm/crypto";
import { Search, Template } from "@ai-gateway-wasm/match/find";
import { Memory } from "./memory";

/** What takes the place of a match. */
export abstract class Substitute {
  /** @param search stands at the match; null: it is not one of an expression */
  abstract replace(original: Slice, search: Search | null, memory: Memory): Slice;
}

/** `[[EMAIL_1]]`: the same for equal originals of a request, another one for others. */
@final
export class Placeholder extends Substitute {
  constructor(private readonly label: Slice) {
    super();
  }

  override replace(original: Slice, _search: Search | null, memory: Memory): Slice {
    return memory.placeholder(this.label, original);
  }
}

/** Always the same text. */
@final
export class FixedText extends Substitute {
  constructor(private readonly text: Slice) {
    super();
  }

  override replace(_original: Slice, _search: Search | null, _memory: Memory): Slice {
    return this.text;
  }
}

/** A text with what groups of the expression hold. */
@final
export class Expansion extends Substitute {
  constructor(private readonly template: Template) {
    super();
  }

  override replace(original: Slice, search: Search | null, _memory: Memory): Slice {
    if (search === null) return original;
    const out = new Builder(64);
    this.template.expand(search, out);
    return out.toSlice();
  }
}

/**
 * SHA-256 in lower-case hex, as the peer has it. Short secrets can be guessed from it: with a key it
 * is HMAC-SHA256 (content-security.md 6, number 29).
 */
@final
export class Hash extends Substitute {
  private readonly hmac: HmacSha256 | null;

  /** @param key no bytes: none */
  constructor(key: Slice) {
    super();
    this.hmac = key.isEmpty ? null : new HmacSha256(key);
  }

  override replace(original: Slice, _search: Search | null, _memory: Memory): Slice {
    const hmac = this.hmac;
    if (hmac === null) return encodeHex(sha256Once(original));
    hmac.update(original);
    return encodeHex(hmac.finish());
  }
}
