import { NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { announcedLength, isUnreadable } from "@ai-gateway-wasm/kit";
import { findCompletionLimit, NO_LIMIT, ResponseUsage, TokenUsage } from "@ai-gateway-wasm/llm";
import { Bucket, Reserve } from "@ai-gateway-wasm/store/buckets";
import { responseBody, responseHeaders } from "proxy-wasm-as";
import { Metering } from "./metering";
import { Uncounted } from "./metrics";
import { CONTENT_TYPE, STATUS } from "./names";
import { isForCompletions } from "./usage-request";

/** Nobody knows what was spent. */
export const UNKNOWN: i64 = -1;

/** Nothing has come from the upstream. */
const NO_STATUS: i64 = 0;
/** What follows is no HTTP. A request for an upgrade alone means nothing: anybody may send one. */
const SWITCHED: i64 = 101;

/** What one request spends, known step by step from its headers to the end of its response. */
@final
export class Spending {
  /** What the request asks for; empty when nobody says. Weights go by it. */
  model: Slice = NO_BYTES;
  /** Length of the request's body, for estimates. */
  private promptBytes: i64 = 0;
  /** The request does not announce that length: what passes is counted. */
  private countsPrompt: bool = false;
  /** What the request allows the answer to have; `NO_LIMIT`: not known. */
  private completionLimit: i64 = NO_LIMIT;
  private status: i64 = NO_STATUS;
  /** Null: the response is not read. */
  private response: ResponseUsage | null = null;
  /** Bytes of a response that is not read. */
  private unreadBytes: i64 = 0;

  /** False: the request asks no model for anything, and is estimated at nothing. */
  private hasBody: bool = false;

  constructor(private readonly metering: Metering) {}

  /** The request has a body. Reads its headers. */
  expectRequest(): void {
    this.hasBody = true;
    if (!this.metering.estimates) return;
    const length = announcedLength();
    this.countsPrompt = length < 0;
    this.promptBytes = max(0, length);
  }

  /** Takes note of a part of the request's body, which is not read. */
  passRequest(size: i32): void {
    if (this.countsPrompt) this.promptBytes += size;
  }

  /** Takes note of the whole body of the request, whose headers are loaded. */
  readRequest(body: Slice): void {
    this.countsPrompt = false;
    this.promptBytes = body.length;
    this.completionLimit = findCompletionLimit(body, isForCompletions());
  }

  /**
   * What to take before the request goes on (token-rate-limit.md 7.5). Of it, the default for the length of an
   * answer that the request does not limit may be left out.
   */
  reserve(tag: i32, buckets: Bucket[], isStrict: bool): Reserve {
    const limit = this.completionLimit;
    const fallback = this.metering.estimate.completionTokens;
    const wanted = this.before(limit == NO_LIMIT ? fallback : limit);
    return new Reserve(tag, buckets, wanted, isStrict, this.before(max(0, limit)));
  }

  /** Reads the response's headers. @returns false when its body tells nothing that is needed */
  expectResponse(): bool {
    const status = responseHeaders.get(STATUS);
    this.status = status === null ? NO_STATUS : parseInteger(status);
    if (this.status == SWITCHED) return false;
    const estimates = this.metering.estimates;
    if (isUnreadable(responseHeaders)) return estimates;
    const weighs = this.metering.pricing.hasWeights;
    this.response = new ResponseUsage(responseHeaders.get(CONTENT_TYPE), estimates, weighs);
    return true;
  }

  /** Takes the next part of the response's body. */
  feed(size: i32): void {
    if (size == 0) return; // the end alone; asking the host for nothing costs as much as for bytes
    const response = this.response;
    if (response === null) {
      this.unreadBytes += size;
      return;
    }
    const chunk = responseBody.peek(size);
    if (chunk !== null) response.feed(chunk);
  }

  /** The response is over, or will never go on. @returns the tokens it counts, or `UNKNOWN` */
  end(): i64 {
    const response = this.response;
    if (response !== null) {
      response.end();
      if (response.seen) return this.price(response.usage);
    }
    if (!this.metering.estimates) return UNKNOWN;
    if (!this.hasBody || this.status >= 400) return 0;
    const bytes = response === null ? this.unreadBytes : response.contentBytes;
    return this.estimated(this.metering.estimate.tokensOf(bytes));
  }

  /** True for a success of an upstream that does not say what it used. */
  get isLost(): bool {
    return this.hasBody && this.status >= 200 && this.status < 300;
  }

  /** Why it is not known. */
  get reason(): Uncounted {
    const response = this.response;
    if (response === null) return Uncounted.Unreadable;
    return response.dropped > 0 ? Uncounted.TooLong : Uncounted.NoUsage;
  }

  private before(completionTokens: i64): i64 {
    return this.hasBody ? this.estimated(completionTokens) : 0;
  }

  private estimated(completionTokens: i64): i64 {
    const usage = new TokenUsage();
    usage.input = this.metering.estimate.tokensOf(this.promptBytes);
    usage.output = completionTokens;
    return this.price(usage);
  }

  private price(usage: TokenUsage): i64 {
    const model = usage.model.isEmpty ? this.model : usage.model;
    return this.metering.pricing.price(usage, model);
  }
}
