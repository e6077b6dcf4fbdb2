import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  keepRoute,
  limitRequestBuffer,
  limitResponseBuffer,
} from "@ai-gateway-wasm/kit";
import { Series } from "@ai-gateway-wasm/kit/series";
import { StoreReply, StoreStream } from "@ai-gateway-wasm/store";
import { wallClockMs } from "@ai-gateway-wasm/store/assembly/clock";
import {
  DataAction,
  HeadersAction,
  HttpCallResponse,
  PairsBuilder,
  requestBody,
  requestHeaders,
  responseBody,
  TrailersAction,
} from "proxy-wasm-as";
import { CacheConfig, KeyStrategy } from "./config/config";
import { CacheControl } from "./cache-control";
import { CacheEvent, eventsOf } from "./event-counts";
import { countHit } from "./hit-count";
import { keyOf } from "./key/cache-key";
import { ChatRequest } from "./key/chat-request";
import { excessOf, questionOf, reasonToBypass } from "./key/question";
import { CacheStatus, Ledger } from "./ledger";
import { Lookup, Progress } from "./lookup/lookup";
import { Metrics } from "./metrics";
import { ACCEPT_ENCODING, BODY_LIMIT, CONTENT_TYPE, HIT_DETAILS } from "./names";
import { CacheRoot } from "./plugin";
import { isEventStream, Recording } from "./recording";
import { isJsonChat, isSkipped, readCacheControl, reasonInHeaders } from "./request-headers";
import { Hit } from "./replay/hit";

const JSON_TYPE: Slice = bytes("application/json; charset=utf-8");
const STREAM_TYPE: Slice = bytes("text/event-stream; charset=utf-8");
const BODY_SIZE: string = "body_size";
/** A body that has not begun by then may never come: the headers are not really held. */
const BODY_WAIT_MS: i64 = 1000;

const enum Stage {
  /** Nothing is held. */
  Passes,
  /** Headers and body are held until the body is complete. */
  Holds,
  /** A lookup is under way. */
  Asks,
}

/**
 * One request and its answer:
 *
 *   body complete ─► question ─► lookup ─► hit ──► answered from here
 *                                   └────► miss ─► the model ─► recorded, stored
 */
@final
export class CacheStream extends StoreStream {
  private stage: Stage = Stage.Passes;
  private readonly ledger: Ledger = new Ledger();
  /** Values of the partition that are headers. */
  private headers: Slice[] = NO_HEADERS;
  private control: CacheControl | null = null;
  private lookup: Lookup | null = null;
  /** Of the answer; null: it is none of our business. */
  private recording: Recording | null = null;
  private wantsStream: bool = false;
  private wantsUsage: bool = false;
  private bodyBytes: i32 = 0;
  /** The request's; memory of its own once a lookup waits. */
  private model: Slice = NO_BYTES;
  /** When the stage began, in milliseconds. */
  private sinceMs: i64 = 0;
  /** Since when it waits for a service, and not for somebody else's answer. */
  private asksSinceMs: i64 = 0;
  private hasBody: bool = false;

  constructor(
    id: u32,
    private readonly config: CacheConfig,
    private readonly root: CacheRoot,
    private readonly metrics: Metrics,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    keepRoute();
    requestHeaders.load();
    if (isSkipped()) return this.pass(CacheStatus.Skip, "");
    const isChat = !endOfStream && isJsonChat();
    const isOff = this.config.strategy == KeyStrategy.Disabled;
    if (isChat && isOff) requestHeaders.remove(ACCEPT_ENCODING); // as the peer, which looks nothing up
    if (!isChat || isOff) {
      this.finish();
      return HeadersAction.Continue;
    }
    const reason = this.readHeaders();
    if (reason.length > 0) return this.pass(CacheStatus.Bypass, reason);
    limitRequestBuffer(BODY_LIMIT);
    requestHeaders.remove(ACCEPT_ENCODING);
    this.stage = Stage.Holds;
    // Higress holds headers for whoever asks.
    if (!isDefined(HIGRESS) && !this.root.holdsHeaders) this.watchBody();
    return HeadersAction.StopIteration;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    this.hasBody = true;
    if (this.stage == Stage.Passes) return DataAction.Continue;
    this.root.holdsHeaders = true;
    if (this.stage == Stage.Holds && this.config.isTooLong(size)) {
      this.note(CacheStatus.Bypass, BODY_SIZE);
      return DataAction.Continue;
    }
    const goesOn = endOfStream && this.stage == Stage.Holds && this.decide();
    return goesOn ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** A request with trailers has no end of its body. */
  override onRequestTrailers(): TrailersAction {
    if (this.stage == Stage.Passes) return TrailersAction.Continue;
    const goesOn = this.stage == Stage.Holds && this.decide();
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onStoreReply(reply: StoreReply): void {
    const lookup = this.lookup;
    if (lookup === null || this.stage != Stage.Asks) return;
    this.advance(lookup.onStoreReply(reply, wallClockMs()));
  }

  /** One that comes when nobody waits any more says nothing good of the store. */
  override onRedisReply(tag: i32, failed: bool, reply: Slice): void {
    if (this.stage == Stage.Asks) super.onRedisReply(tag, failed, reply);
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const lookup = this.lookup;
    if (lookup === null || this.stage != Stage.Asks) return;
    const progress = lookup.onHttpCallResponse(tag, response, wallClockMs());
    if (progress != Progress.Pending) this.advance(progress);
    else super.onHttpCallResponse(tag, response);
  }

  /** Time passes. @returns true: it still waits */
  onWait(nowMs: i64): bool {
    const lookup = this.lookup;
    if (this.stage == Stage.Holds) return this.waitForBody(nowMs);
    if (this.stage != Stage.Asks || lookup === null) return false;
    const progress = lookup.poll(nowMs);
    this.root.answeredBytes += lookup.seenBytes;
    if (progress == Progress.Hit || progress == Progress.Miss) {
      this.advance(progress);
      return false;
    }
    if (progress == Progress.Follows) this.asksSinceMs = nowMs;
    const deadlineMs = <i64>this.config.lookupDeadlineMs;
    if (deadlineMs == 0 || abs(nowMs - this.asksSinceMs) < deadlineMs) return true;
    this.metrics.deadline.increment();
    this.ledger.reason = "deadline";
    lookup.giveUp();
    this.advance(Progress.Miss);
    return false;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    const ledger = this.ledger;
    if (this.hasReplied || ledger.status == CacheStatus.None) return HeadersAction.Continue;
    if (this.config.addsHeaders) ledger.addToResponse();
    const recording = this.recording;
    // In Higress the limit is set whether it is stored or not: plugins behind may count on it.
    const isIdle = !isDefined(HIGRESS) || ledger.status == CacheStatus.Skip;
    if (recording === null && isIdle) return HeadersAction.Continue;
    const isStream = isEventStream();
    if (!this.wantsStream && !isStream) limitResponseBuffer(BODY_LIMIT);
    if (recording !== null && !recording.open(isStream, endOfStream)) this.recording = null;
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    const recording = this.recording;
    if (recording === null) return DataAction.Continue;
    // HTTP/1 ends an answer with a chunk of nothing: no call of the host for that.
    const chunk = size > 0 ? responseBody.peek(i32.MAX_VALUE) : null;
    if (chunk !== null && !recording.feed(chunk)) this.recording = null;
    else if (endOfStream) this.endRecording();
    return DataAction.Continue;
  }

  /** An answer with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    this.endRecording();
    return TrailersAction.Continue;
  }

  /** The stream is over, and its answer may not be. */
  override onLog(): void {
    const recording = this.recording;
    const lookup = this.lookup;
    if (recording !== null) recording.abandon();
    else if (lookup !== null) lookup.release();
    this.recording = null;
  }

  /** What the headers say about the cache. @returns why it is not asked; empty: it is */
  private readHeaders(): string {
    const config = this.config;
    const reason = reasonInHeaders(config);
    if (reason.length > 0) return reason;
    if (config.isTooLong(announcedLength())) return BODY_SIZE;
    const control = config.obeysCacheControl ? readCacheControl() : null;
    if (control !== null && control.noStore) return "no_store";
    this.control = control;
    this.headers = config.partition.captureHeaders();
    return "";
  }

  private pass(status: CacheStatus, reason: string): HeadersAction {
    this.note(status, reason);
    return HeadersAction.Continue;
  }

  /**
   * It goes on, and what the cache has to do with it is decided. That is logged now and not with the
   * answer: when a filter behind this one refuses the answer it holds, no response headers come here.
   */
  private note(status: CacheStatus, reason: string): void {
    const ledger = this.ledger;
    ledger.status = status;
    ledger.reason = reason;
    ledger.log(this.root.log);
    this.stage = Stage.Passes;
    const isMiss = status == CacheStatus.Miss;
    (isMiss ? this.metrics.miss : this.metrics.bypass).increment();
    const isFailed = isMiss && reason.length > 0;
    if (!isFailed && !this.config.countsAll) return;
    const events = eventsOf(this.model);
    if (isFailed) events.count(CacheEvent.Error);
    if (this.config.countsAll) events.count(isMiss ? CacheEvent.Miss : CacheEvent.Skip);
  }

  private passComplete(status: CacheStatus, reason: string): bool {
    this.note(status, reason);
    return true;
  }

  /** The request is complete. @returns true: it goes on */
  private decide(): bool {
    const found = requestBody.readAll();
    const body = found === null ? NO_BYTES : found;
    const config = this.config;
    // Before trailers the last piece may not have been told of.
    if (config.isTooLong(body.length)) return this.passComplete(CacheStatus.Bypass, BODY_SIZE);
    const request = new ChatRequest(body);
    this.model = request.model;
    this.wantsStream = request.wantsStream;
    const excess = excessOf(config, request);
    if (excess.length > 0) return this.passComplete(CacheStatus.Bypass, excess);
    const question = questionOf(config, request);
    if (question.isEmpty) return this.passComplete(CacheStatus.Miss, "");
    const reason = reasonToBypass(config, request, question);
    if (reason.length > 0) return this.passComplete(CacheStatus.Bypass, reason);
    this.bodyBytes = body.length;
    this.wantsUsage = request.wantsUsage;
    const control = this.control;
    const maxAge = control === null ? -1 : control.maxAge;
    const key = keyOf(config, request, question, this.headers);
    this.ledger.key = key.digest;
    const lookup = new Lookup(config, key, this.calls, this.root.calls, this.metrics, maxAge);
    this.lookup = lookup;
    this.stage = Stage.Asks;
    this.sinceMs = wallClockMs();
    this.asksSinceMs = this.sinceMs;
    const isRefresh = control !== null && control.refresh;
    return this.settle(lookup, isRefresh ? lookup.refresh() : lookup.start(this.sinceMs));
  }

  /** An answer came later. */
  private advance(progress: Progress): void {
    if (progress == Progress.Pending || progress == Progress.Follows || !this.reach()) return;
    const lastedMs = max<i64>(0, wallClockMs() - this.sinceMs);
    this.metrics.lookupMs.record(lastedMs);
    if (this.config.countsAll) {
      const events = eventsOf(this.model);
      events.count(CacheEvent.LookupMs, lastedMs);
      events.count(CacheEvent.Lookups);
    }
    const lookup = this.lookup;
    if (lookup !== null && this.settle(lookup, progress)) this.resumeRequest();
  }

  /** @returns true: the request goes on */
  private settle(lookup: Lookup, progress: Progress): bool {
    const hit = lookup.hit;
    if (progress == Progress.Hit && hit !== null) {
      this.answer(lookup, hit);
      return false;
    }
    if (progress != Progress.Miss) {
      this.model = this.model.kept();
      this.root.watch(this);
      return false;
    }
    if (lookup.failure.length > 0) this.root.log.error(lookup.failure);
    const reason = this.ledger.reason;
    this.note(CacheStatus.Miss, reason.length > 0 ? reason : lookup.trouble);
    this.recording = new Recording(this.config, lookup, this.root, this.metrics, this.wantsStream);
    return true;
  }

  private answer(lookup: Lookup, hit: Hit): void {
    const config = this.config;
    const ledger = this.ledger;
    this.stage = Stage.Passes;
    ledger.status = CacheStatus.Hit;
    ledger.score = lookup.score;
    const ageMs = wallClockMs() - lookup.createdMs;
    if (lookup.createdMs > 0) ledger.age = max<i64>(0, ageMs / 1000);
    ledger.log(this.root.log);
    const events: Series | null = config.countsAll ? eventsOf(this.model) : null;
    countHit(this.metrics, hit, this.bodyBytes, !isNaN(lookup.score), events);
    const type = this.wantsStream ? STREAM_TYPE : JSON_TYPE;
    const headers = new PairsBuilder().add(CONTENT_TYPE, type);
    if (config.addsHeaders) ledger.addTo(headers);
    const body = hit.render(config, this.wantsStream, this.wantsUsage);
    this.root.answeredBytes += body.length;
    this.sendLocalReply(200, headers.build(), body, HIT_DETAILS);
    lookup.release(); // a neighbour's answer, stored as its own by now
  }

  /** Until a gateway has shown that it can hold headers. */
  private watchBody(): void {
    this.sinceMs = wallClockMs();
    this.root.watch(this);
  }

  private waitForBody(nowMs: i64): bool {
    if (this.hasBody || this.root.holdsHeaders) return false;
    if (abs(nowMs - this.sinceMs) < BODY_WAIT_MS) return true;
    if (!this.reach()) return false;
    this.root.log.error(
      "no body came while headers were held: plain Envoy needs allow_on_headers_stop_iteration: true",
    );
    this.note(CacheStatus.Bypass, "not_held");
    this.resumeRequest();
    return false;
  }

  private endRecording(): void {
    const recording = this.recording;
    if (recording !== null) recording.close();
    this.recording = null;
  }
}

const NO_HEADERS: Slice[] = [];
