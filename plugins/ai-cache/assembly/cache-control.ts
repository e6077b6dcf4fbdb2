import { bytes, lowerCase, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { elementsOf } from "./header-list";
import { ANY_AGE } from "./lookup/lookup";

const NO_STORE: Slice = bytes("no-store");
const NO_CACHE: Slice = bytes("no-cache");
const MAX_AGE: Slice = bytes("max-age=");
/** Seconds; more are the same (RFC 9111, 1.2.2). */
const LONGEST_AGE: i64 = 0x7fffffff;

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
      const seconds = parseInteger(directive.sub(MAX_AGE.length));
      if (seconds == NOT_AN_INTEGER || seconds < 0) return;
      if (seconds == 0) this.refresh = true;
      else this.maxAge = min(seconds, LONGEST_AGE);
    }
  }
}
