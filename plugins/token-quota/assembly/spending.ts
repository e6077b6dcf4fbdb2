import { parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { announcedLength, isUnreadable } from "@ai-gateway-wasm/kit";
import { ResponseUsage, TokenUsage } from "@ai-gateway-wasm/llm";
import { responseBody, responseHeaders } from "proxy-wasm-as";
import { Metering, Unit } from "./metering";
import { CONTENT_TYPE, STATUS } from "./names";

/** Nothing has come from the upstream. */
const NO_STATUS: i64 = 0;
/** What follows is no HTTP. */
const SWITCHED: i64 = 101;
const NOTHING: TokenUsage = new TokenUsage();

/** What one request spends, known step by step from its headers to the end of its response. */
@final
export class Spending {
  /** Length of the request's body, for estimates. */
  private promptBytes: i64 = 0;
  /** The request does not announce that length: what passes is counted. */
  private countsPrompt: bool = false;
  private status: i64 = NO_STATUS;
  /** Null: the response is not read. */
  private response: ResponseUsage | null = null;
  /** Bytes of a response that is not read. */
  private unreadBytes: i64 = 0;

  /**
   * @param model that the request asks for; empty when nobody says
   * @param isReported tokens are wanted even where they do not decide what is charged
   */
  constructor(
    private readonly metering: Metering,
    private readonly model: Slice,
    private readonly isReported: bool,
  ) {
    if (metering.estimates) {
      const length = announcedLength();
      this.countsPrompt = length < 0;
      this.promptBytes = max(0, length);
    }
  }

  /** Takes note of a part of the request's body, which is not read. */
  passRequest(size: i32): void {
    if (this.countsPrompt) this.promptBytes += size;
  }

  /** Whether the response's body is wanted. */
  get readsResponse(): bool {
    return this.metering.unit != Unit.Requests || this.isReported;
  }

  /**
   * What to take before the request goes on; 0 when nothing is reserved. The answer's part is a default,
   * so it is taken for one that fits the smallest grant (token-rate-limit.md 7.5).
   *
   * @param grant 0: none is known
   */
  reservation(grant: i64): i64 {
    const metering = this.metering;
    if (!metering.reservation.isOn) return 0;
    if (metering.unit == Unit.Requests) return 1;
    const whole = this.priceOf(this.estimated(metering.estimate.completionTokens));
    return grant > 0 ? max(this.priceOf(this.estimated(0)), min(whole, grant)) : whole;
  }

  /** Reads the response's headers. @returns false when its body tells nothing that is needed */
  begin(): bool {
    const status = responseHeaders.get(STATUS);
    this.status = status === null ? NO_STATUS : parseInteger(status);
    if (!this.readsResponse || this.status == SWITCHED) return false;
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

  /** The response is over, or will never go on. */
  end(): void {
    const response = this.response;
    if (response !== null) response.end();
  }

  /** Whether it is known, or was estimated, what was spent. */
  get isKnown(): bool {
    return this.metering.unit == Unit.Requests || this.isSeen || this.estimates;
  }

  /** A success that did not say what it used: it is free. */
  get isLost(): bool {
    return !this.isKnown && this.status >= 200 && !this.hasFailed;
  }

  /** An error without usage, of the upstream or of a plugin after this one: nobody was served. */
  get isRefused(): bool {
    return this.hasFailed && !this.isSeen;
  }

  /** What is charged. */
  get amount(): i64 {
    // A request that its client gave up before the answer was sent all the same.
    if (this.metering.unit == Unit.Requests) return this.hasFailed ? 0 : 1;
    return this.priceOf(this.usage);
  }

  /** Tokens, as the response says or as they are estimated. */
  get usage(): TokenUsage {
    const response = this.response;
    if (response !== null && response.seen) return response.usage;
    if (!this.estimates) return NOTHING;
    const bytes = response === null ? this.unreadBytes : response.contentBytes;
    return this.estimated(this.metering.estimate.tokensOf(bytes));
  }

  private get isSeen(): bool {
    const response = this.response;
    return response !== null && response.seen;
  }

  private get hasFailed(): bool {
    return this.status >= 400;
  }

  /** Errors without usage are free. */
  private get estimates(): bool {
    return this.metering.estimates && !this.hasFailed;
  }

  private estimated(completionTokens: i64): TokenUsage {
    const usage = new TokenUsage();
    usage.input = this.metering.estimate.tokensOf(this.promptBytes);
    usage.output = completionTokens;
    return usage;
  }

  private priceOf(usage: TokenUsage): i64 {
    const model = usage.model.isEmpty ? this.model : usage.model;
    return this.metering.pricing.price(usage, model);
  }
}
