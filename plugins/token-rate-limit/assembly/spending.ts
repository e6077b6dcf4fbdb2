import { Slice } from "@ai-gateway-wasm/bytes";
import { findCompletionLimit, NO_LIMIT } from "@ai-gateway-wasm/llm";
import { UsageMeter } from "@ai-gateway-wasm/llm/meter";
import { Bucket, Reserve } from "@ai-gateway-wasm/store/buckets";
import { Metering } from "./metering";
import { Uncounted } from "./metrics";
import { isForCompletions } from "./usage-request";

/** Nobody knows what was spent. */
export const UNKNOWN: i64 = -1;

/** What one request counts, known step by step from its headers to the end of its response. */
@final
export class Spending extends UsageMeter {
  /** What the request allows the answer to have; `NO_LIMIT`: not known. */
  private completionLimit: i64 = NO_LIMIT;
  /** False: the request asks no model for anything, and is estimated at nothing. */
  private hasBody: bool = false;

  constructor(metering: Metering) {
    super(metering.pricing, metering.estimate, metering.estimates);
  }

  /** The request has a body. Reads its headers. */
  expectRequest(): void {
    this.hasBody = true;
    this.expectPrompt();
  }

  /**
   * Takes note of the whole body of the request, whose headers are loaded.
   *
   * @param reserves it matters how long the answer may be
   */
  readRequest(body: Slice, reserves: bool): void {
    this.setPrompt(body.length);
    if (reserves) this.completionLimit = findCompletionLimit(body, isForCompletions());
  }

  /**
   * What to take before the request goes on (token-rate-limit.md 7.5). Of it, the default for the length of an
   * answer that the request does not limit may be left out.
   */
  reserve(tag: i32, buckets: Bucket[], isStrict: bool): Reserve {
    const limit = this.completionLimit;
    const fallback = this.estimate.completionTokens;
    const wanted = this.before(limit == NO_LIMIT ? fallback : limit);
    return new Reserve(tag, buckets, wanted, isStrict, this.before(max(0, limit)));
  }

  /** The response is over, or will never go on. @returns the tokens it counts, or `UNKNOWN` */
  finish(): i64 {
    this.end();
    const said = this.said;
    if (said !== null) return this.price(said);
    if (!this.estimates) return UNKNOWN;
    return this.hasBody && this.status < 400 ? this.price(this.guess()) : 0;
  }

  /** True for a success of an upstream that does not say what it used. */
  get isLost(): bool {
    return this.hasBody && this.status >= 200 && this.status < 300;
  }

  /** Why it is not known. */
  get reason(): Uncounted {
    if (!this.isRead) return Uncounted.Unreadable;
    return this.dropped > 0 ? Uncounted.TooLong : Uncounted.NoUsage;
  }

  private before(completionTokens: i64): i64 {
    return this.hasBody ? this.price(this.estimated(completionTokens)) : 0;
  }
}
