import { bytes, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { announcedLength, isUnreadable } from "@ai-gateway-wasm/kit";
import { responseBody, responseHeaders } from "proxy-wasm-as";
import { Estimate } from "../estimate";
import { Pricing } from "../pricing";
import { ResponseUsage } from "./response-usage";
import { TokenUsage } from "./token-usage";

const STATUS: Slice = bytes(":status");
const CONTENT_TYPE: Slice = bytes("content-type");
/** Nothing has come from the upstream. */
const NO_STATUS: i64 = 0;
/** What follows is no HTTP. A request for an upgrade alone means nothing: anybody may send one. */
const SWITCHED: i64 = 101;

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
  /** Length of the request's body, for estimates. */
  private promptBytes: i64 = 0;
  /** The request does not announce that length: what passes is counted. */
  private countsPrompt: bool = false;
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
    if (!this.estimates) return;
    const length = announcedLength();
    this.countsPrompt = length < 0;
    this.promptBytes = max(0, length);
  }

  /** Takes note of a part of the request's body, which is not read. */
  passRequest(size: i32): void {
    if (this.countsPrompt) this.promptBytes += size;
  }

  /** Takes note of the whole body of the request. */
  protected setPrompt(size: i32): void {
    this.countsPrompt = false;
    this.promptBytes = size;
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
    return response !== null && response.seen ? response.usage : null;
  }

  /** The request, and as much of the answer as has come. */
  protected guess(): TokenUsage {
    const response = this.response;
    const bytes = response === null ? this.unreadBytes : response.contentBytes;
    return this.estimated(this.estimate.tokensOf(bytes));
  }

  /** The request, and an answer of so many tokens. */
  protected estimated(completionTokens: i64): TokenUsage {
    const usage = new TokenUsage();
    usage.input = this.estimate.tokensOf(this.promptBytes);
    usage.output = completionTokens;
    return usage;
  }

  protected price(usage: TokenUsage): i64 {
    return this.pricing.price(usage, usage.model.isEmpty ? this.model : usage.model);
  }
}
