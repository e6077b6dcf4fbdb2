import { Builder, lowerCase, Slice } from "@ai-gateway-wasm/bytes";

const STAR: i32 = 0x2a;

/**
 * One entry of `_match_domain_` (host.md 2.5): `*suffix`, `prefix*` or the exact host. Unlike the
 * peer's it ignores case, as Envoy's virtual hosts do: otherwise `Host: TEST.com` would reach the
 * route and miss its rule.
 */
@final
export class HostPattern {
  private readonly text: Slice;
  private readonly isSuffix: bool;
  private readonly isPrefix: bool;

  constructor(pattern: Slice) {
    const lower = lowerCase(pattern).kept();
    const last = lower.length - 1;
    const isSuffix = lower.at(0) == STAR;
    const isPrefix = !isSuffix && lower.at(last) == STAR;
    this.text = isSuffix ? lower.sub(1) : isPrefix ? lower.sub(0, last) : lower;
    this.isSuffix = isSuffix;
    this.isPrefix = isPrefix;
  }

  /** @param host from `hostOf`: lower case, no port */
  matches(host: Slice): bool {
    if (this.isSuffix) return host.endsWith(this.text);
    return this.isPrefix ? host.startsWith(this.text) : host.equals(this.text);
  }

  /** Its part of a match key (host.md 2.8): 0 prefix, 1 exact, 2 suffix, then what is compared. */
  get key(): Slice {
    const type = this.isPrefix ? 0 : this.isSuffix ? 2 : 1;
    return new Builder().appendInteger(type).appendByte(0x3a).append(this.text).toSlice();
  }
}

/** The host of an `:authority` in lower case, without its port; IPv6 brackets stay. */
export function hostOf(authority: Slice): Slice {
  const colon = authority.lastIndexOf(0x3a);
  const hasPort = colon >= 0 && authority.indexOf(0x5d, colon) < 0;
  return lowerCase(hasPort ? authority.sub(0, colon) : authority);
}
