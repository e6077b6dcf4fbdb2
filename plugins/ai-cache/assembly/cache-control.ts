import { bytes, lowerCase, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { elementsOf } from "./header-list";
import { ANY_AGE } from "./lookup/lookup";

const NO_STORE: Slice = bytes("no-store");
const NO_CACHE: Slice = bytes("no-cache");
const MAX_AGE: Slice = bytes("max-age=");
const QUOTE: i32 = 0x22;
/** Seconds; more are the same (RFC 9111, 1.2.2). */
const LONGEST_AGE: i64 = 0x7fffffff;

/** -1: no number. @param text as a token, or in quotes (RFC 9111, 5.2) */
function secondsOf(text: Slice): i64 {
  const isQuoted = text.length > 1 && text.at(0) == QUOTE && text.at(text.length - 1) == QUOTE;
  const digits = isQuoted ? text.sub(1, text.length - 1) : text;
  for (let i = 0; i < digits.length; i++) {
    if (<u32>(digits.at(i) - 0x30) >= 10) return -1;
  }
  if (digits.isEmpty) return -1;
  const seconds = parseInteger(digits);
  return seconds == NOT_AN_INTEGER ? LONGEST_AGE : min(seconds, LONGEST_AGE);
}

/** What a client asks of the cache in `cache-control` (RFC 9111, 5.2.1); it can only ask for less. */
@final
export class CacheControl {
  /** Neither look it up nor store it. */
  noStore: bool = false;
  /** Do not look it up. */
  refresh: bool = false;
  /** Seconds; `ANY_AGE`: whatever there is. */
  maxAge: i64 = ANY_AGE;

  static parse(value: Slice): CacheControl {
    const control = new CacheControl();
    const directives = elementsOf(value);
    for (let i = 0; i < directives.length; i++) control.take(lowerCase(directives[i]));
    return control;
  }

  private take(directive: Slice): void {
    if (directive.equals(NO_STORE)) this.noStore = true;
    else if (directive.equals(NO_CACHE)) this.refresh = true;
    else if (directive.startsWith(MAX_AGE)) {
      const seconds = secondsOf(directive.sub(MAX_AGE.length));
      if (seconds < 0) return;
      if (seconds == 0) this.refresh = true;
      // The strictest counts: whoever is on the way may have added one.
      else if (this.maxAge == ANY_AGE || seconds < this.maxAge) this.maxAge = seconds;
    }
  }
}
