import { bytes, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { announcedLength, isUnreadable } from "@ai-gateway-wasm/kit";
import { requestHeaders, responseBody, responseHeaders } from "proxy-wasm-as";
import { Estimate } from "../estimate";
import { Pricing } from "../pricing";
import { ResponseUsage } from "./response-usage";
import { TokenUsage } from "./token-usage";

const STATUS: Slice = bytes(":status");
const CONTENT_TYPE: Slice = bytes("content-type");
const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
/** Of Google's APIs: the fields that the answer is to have (cloud.google.com/apis/docs/system-parameters). */
const FIELD_MASK: Slice = bytes("x-goog-fieldmask");
/** Nothing has come from the upstream. */
const NO_STATUS: i64 = 0;
/** An announced length is only a promise: it reserves no more than bodies have that are read. */
const MOST_ANNOUNCED: i64 = 100_000_000;
/** What follows is no HTTP. A request for an upgrade alone means nothing: anybody may send one. */
const SWITCHED: i64 = 101;

/**
 * Has the upstream answer in what can be read (token-rate-limit.md 6, no. 7), with its usage. The request's
 * headers are loaded.
 */
export function askReadably(): void {
  requestHeaders.remove(FIELD_MASK); // first: without it the host is not asked
  requestHeaders.remove(ACCEPT_ENCODING);
}

/**
 * What one request uses, known step by step from its headers to the end of its response: as the
 * response says, or as it can be estimated.
 *
 *   expectPrompt ─► passRequest … ─► expectResponse ─► feed … ─► end
 *
 * Belongs to a stream, whose callbacks it is used in. What follows from the usage is the subclass's.
 */
export abstract class UsageMeter {
  /** What the request asks for; empty when nobody says. Weights go by it. */
  model: Slice = NO_BYTES;
  /** Of the response; 0: none has come. */
  protected status: i64 = NO_STATUS;
  /** The response broke off, or its client left: more may have been used than it says. */
  isCut: bool = false;
  /** Length of the request's body as it is announced. */
  private announcedBytes: i64 = 0;
  /** As much of it as went on. */
  private passedBytes: i64 = 0;
  /** Null: the response is not read. */
  private response: ResponseUsage | null = null;
  /** Bytes of a response that is not read. */
  private unreadBytes: i64 = 0;

  constructor(
    private readonly pricing: Pricing,
    protected readonly estimate: Estimate,
    /** Estimates are wanted. */
    protected readonly estimates: bool,
  ) {}

  /** Reads how long the request's body is going to be. */
  expectPrompt(): void {
    if (this.estimates) this.announcedBytes = min(announcedLength(), MOST_ANNOUNCED);
  }

  /** Takes note of a part of the request's body, which is not read. */
  passRequest(size: i32): void {
    this.passedBytes += size;
  }

  /** Takes note of the whole body of the request. */
  protected setPrompt(size: i32): void {
    this.announcedBytes = size;
    this.passedBytes = size;
  }

  /** Reads the response's headers. @returns false when its body tells nothing that is needed */
  expectResponse(): bool {
    const status = responseHeaders.get(STATUS);
    this.status = status === null ? NO_STATUS : parseInteger(status);
    if (this.status == SWITCHED) return false;
    if (isUnreadable(responseHeaders)) return this.estimates;
    const weighs = this.pricing.hasWeights;
    this.response = new ResponseUsage(responseHeaders.get(CONTENT_TYPE), this.estimates, weighs);
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

  /** The response's body is read. */
  get isRead(): bool {
    return this.response !== null;
  }

  /** Events and values that were too long to look into. */
  get dropped(): i32 {
    const response = this.response;
    return response === null ? 0 : response.dropped;
  }

  /** What the response says that it used; null: nothing. */
  protected get said(): TokenUsage | null {
    const response = this.response;
    if (response === null || !response.seen) return null;
    const usage = response.usage;
    if (!this.isCut || !this.estimates) return usage;
    // Anthropic's streams begin with a usage, and the real one comes last.
    const estimate = this.estimate;
    const late = usage.output + estimate.tokensOf(response.lateBytes);
    const whole = usage.copy();
    whole.output = max(usage.output, min(late, estimate.tokensOf(response.contentBytes)));
    return whole;
  }

  /** The request, and as much of the answer as has come. */
  protected guess(): TokenUsage {
    const response = this.response;
    const bytes = response === null ? this.unreadBytes : response.contentBytes;
    return this.tokens(this.passedBytes, this.estimate.tokensOf(bytes));
  }

  /** The request as it is announced, and an answer of so many tokens. */
  protected estimated(completionTokens: i64): TokenUsage {
    return this.tokens(this.announcedBytes, completionTokens);
  }

  protected price(usage: TokenUsage): i64 {
    return this.pricing.price(usage, usage.model.isEmpty ? this.model : usage.model);
  }

  private tokens(promptBytes: i64, completionTokens: i64): TokenUsage {
    const usage = new TokenUsage();
    usage.input = this.estimate.tokensOf(promptBytes);
    usage.output = completionTokens;
    return usage;
  }
}
