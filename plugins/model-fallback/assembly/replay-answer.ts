import { Builder, bytes, digits, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse, PairsBuilder, responseBody, responseHeaders } from "proxy-wasm-as";
import { FallbackConfig } from "./config";
import { Exposure, Served } from "./exposure";
import { StartJudge, StreamOptions, Verdict } from "./judge";
import {
  ALL_FAILED_DETAILS,
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  EVENT_STREAM_TYPE,
  JSON_TYPE,
  REPLAYED_DETAILS,
  RETRY_AFTER,
  STATUS,
  TRANSFER_ENCODING,
} from "./names";
import { BAD_START, CONNECT, RESET, statusReason, TIMEOUT } from "./reason";
import { StreamEnd } from "./stream-end";
import { Trace } from "./trace";

/** How Envoy's own answer to a call begins that reached nobody. */
const CONNECT_ERROR: Slice = bytes("upstream connect error");
/** Behind "reset reason: "; later versions of Envoy say "remote" or "local" before it. */
const CONNECTION_FAILURE: Slice = bytes("connection failure");
const CONNECTION_TIMEOUT: Slice = bytes("connection timeout");
/** Envoy's timer is not ours: an answer of 504 so early was Envoy's all the same. */
const SLACK_MS: i64 = 50;

/** In names of headers that speak of one answer, or of the target's account. */
const OF_ONE_ANSWER: Slice[] = [
  CONTENT_LENGTH,
  TRANSFER_ENCODING,
  bytes("retry"),
  bytes("ratelimit"),
  bytes("digest"),
  bytes("etag"),
  bytes("last-modified"),
  bytes("disposition"),
  bytes("content-range"),
  bytes("set-cookie"),
];

/** What a client gets that another target, or nobody, answered: in one piece. */
@final
export class ReplayAnswer {
  /** Who answered; null: not known yet. */
  served: Served | null = null;
  /** Seconds after which the client may come again; 0: nothing is said. */
  retryAfter: i64 = 0;
  /** How its body is encoded, which then nobody reads here; no bytes: it is not. */
  private encoding: Slice = NO_BYTES;

  constructor(
    readonly status: i32,
    readonly type: Slice,
    readonly body: Slice,
  ) {}

  /** The answer to a call, valid until its callback returns. */
  static of(response: HttpCallResponse): ReplayAnswer {
    const type = headerOf(response, CONTENT_TYPE);
    const answer = new ReplayAnswer(response.status, type, response.body());
    answer.encoding = headerOf(response, CONTENT_ENCODING);
    return answer;
  }

  /** What a client gets that nobody answered. */
  static ofFailure(config: FallbackConfig, trace: Trace): ReplayAnswer {
    const failed = config.allFailed;
    const body = failed.bodyOf(trace, config.exposure.namesTargets);
    return new ReplayAnswer(failed.statusOf(trace), JSON_TYPE, body);
  }

  /** The same in memory of its own: safe to keep after the callback. */
  copy(): ReplayAnswer {
    const copy = new ReplayAnswer(this.status, this.type.copy(), this.body.copy());
    copy.served = this.served;
    copy.retryAfter = this.retryAfter;
    copy.encoding = this.encoding.copy();
    return copy;
  }

  /** The same, with an event that says so when it is a stream that ended too early. */
  ended(stream: StreamOptions): ReplayAnswer {
    if (!stream.marksEnd || !this.isStream || !this.encoding.isEmpty) return this;
    const end = new StreamEnd();
    end.feed(this.body);
    if (end.isComplete) return this;
    const body = new Builder(this.body.length + 128).append(this.body).append(end.addition);
    return new ReplayAnswer(this.status, this.type, body.view());
  }

  /**
   * Why it is a failure that the next target may mend, or null: it goes to the client.
   *
   * @param host why the gateway answered in the target's place; null: it did not
   */
  findFailure(config: FallbackConfig, host: Slice | null): Slice | null {
    const errors = config.errors;
    if (host !== null) return errors.countsReplyOf(host) ? host : null;
    const rule = errors.findBodyFailure(this.status, this.body);
    if (errors.isFailure(this.status) || rule !== null) {
      return errors.isRefusal(this.status, this.body) ? null : statusReason(this.status);
    }
    if (this.status != 200 || !errors.onBadStart || !this.encoding.isEmpty) return null;
    const isStream = this.isStream;
    if (!(isStream ? config.stream.holdsFirstEvent : config.stream.judgesJson)) return null;
    const judge = new StartJudge(isStream, config.stream, errors);
    judge.look(this.body);
    return judge.end() == Verdict.Bad ? BAD_START : null;
  }

  /** Its headers as an answer of our own. */
  headers(exposure: Exposure): Slice {
    const headers = new PairsBuilder();
    if (!this.type.isEmpty) headers.add(CONTENT_TYPE, this.type);
    if (!this.encoding.isEmpty) headers.add(CONTENT_ENCODING, this.encoding);
    if (this.retryAfter > 0) headers.add(RETRY_AFTER, digits(this.retryAfter));
    const served = this.served;
    if (served !== null) exposure.addTo(headers, served);
    return headers.build();
  }

  /** Details of an answer of our own, for the access log. */
  get details(): Slice {
    const served = this.served;
    return served !== null && !served.target.isEmpty ? REPLAYED_DETAILS : ALL_FAILED_DETAILS;
  }

  /** Puts it in the place of the running response, which is complete. */
  replaceResponse(exposure: Exposure): void {
    this.replaceHead(exposure);
    responseBody.replace(this.body);
  }

  /** Puts its head in the place of the running response's. */
  replaceHead(exposure: Exposure): void {
    responseHeaders.load();
    forgetFirst();
    if (this.encoding.isEmpty) responseHeaders.remove(CONTENT_ENCODING);
    else responseHeaders.set(CONTENT_ENCODING, this.encoding);
    responseHeaders.set(STATUS, digits(this.status));
    if (this.type.isEmpty) responseHeaders.remove(CONTENT_TYPE);
    else responseHeaders.set(CONTENT_TYPE, this.type);
    if (this.retryAfter > 0) responseHeaders.set(RETRY_AFTER, digits(this.retryAfter));
    const served = this.served;
    if (served !== null) exposure.tell(responseHeaders, served);
  }

  private get isStream(): bool {
    return lowerCase(this.type).startsWith(EVENT_STREAM_TYPE);
  }

  /**
   * Why nobody answered: the status is Envoy's (model-fallback.md 7.2, no. 8). Null: the target did.
   *
   * @param ms since the call
   * @param timeoutMs of the call
   */
  findOwnOfHost(ms: i64, timeoutMs: i32): Slice | null {
    if (this.status == 504 && ms + SLACK_MS >= <i64>timeoutMs) return TIMEOUT;
    if (this.status == 502 && this.type.isEmpty && this.body.isEmpty) return RESET;
    if (this.status != 503 || !this.body.startsWith(CONNECT_ERROR)) return null;
    const isConnect =
      this.body.find(CONNECTION_FAILURE) >= 0 || this.body.find(CONNECTION_TIMEOUT) >= 0;
    return isConnect ? CONNECT : RESET;
  }
}

function headerOf(response: HttpCallResponse, name: Slice): Slice {
  const value = response.header(name);
  return value === null ? NO_BYTES : value;
}

/** Removes what the running response says of itself. Its headers are loaded. */
function forgetFirst(): void {
  const present = responseHeaders.pairs();
  for (let i = 0; i < present.count; i++) {
    const name = present.name(i);
    for (let j = 0; j < OF_ONE_ANSWER.length; j++) {
      if (name.find(OF_ONE_ANSWER[j]) >= 0) responseHeaders.remove(name);
    }
  }
}
