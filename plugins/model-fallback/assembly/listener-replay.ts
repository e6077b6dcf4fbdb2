import { bytes, decimal, lowerCase, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  chooseRouteAgain,
  isEncoded,
  keepRoute,
  limitRequestBuffer,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import {
  DataAction,
  getProperty,
  HeadersAction,
  HttpCallResponse,
  HttpContext,
  PairsBuilder,
  requestBody,
  requestHeaders,
  responseBody,
  responseHeaders,
  setProperty,
  Status,
  TrailersAction,
} from "proxy-wasm-as";
import { FailedMode, TOO_LARGE } from "./all-failed";
import { Attempt } from "./attempt";
import { Admission } from "./breaker";
import { Link } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice } from "./choice";
import { nowMs } from "./clock";
import { FallbackConfig } from "./config";
import { LocalReplies } from "./errors";
import { Served } from "./exposure";
import { HeadEdits } from "./head-edits";
import { StartJudge, Verdict } from "./judge";
import {
  ALL_FAILED_DETAILS,
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  EVENT_STREAM_TYPE,
  FROM_PROPERTY,
  JSON_TYPE,
  PATH,
  REPLAYED_DETAILS,
  RESPONSE_DETAILS,
  RETRY_AFTER,
  ROUTER_HEADERS,
  STATUS,
  TOO_LARGE_DETAILS,
  TRACE_PROPERTY,
  TRANSFER_ENCODING,
} from "./names";
import { BAD_START, CONNECT, NO_HOST, RESET, statusReason, TIMEOUT } from "./reason";
import { ReplayAnswer } from "./replay-answer";
import { ReplayRequest } from "./replay-request";
import { RequestFeatures } from "./request-features";
import { isWatched } from "./request-kind";
import { Result, secondsOf } from "./result";
import { findRouterReason } from "./router-details";
import { Trace } from "./trace";
import { Waiting } from "./waiting";

const VIA_UPSTREAM: Slice = bytes("via_upstream");
/** How long a failed answer may take to end before the client gets another one all the same. */
const PATIENCE_MS: i64 = 1000;

const enum Stage {
  /** None of our business, or nothing more to do. */
  Idle,
  /** Held until its body is complete. */
  HoldsBody,
  /** On its way to the first target. */
  Goes,
  /** The answer is held until its beginning is judged. */
  Judges,
  /** An answer is held until its body is complete: what it says decides. */
  ReadsError,
  /** Another target is asked. */
  Calls,
  /** The client's answer is known; the one it takes the place of has not ended. */
  Waits,
}

/** What the client's answer takes the place of. */
const enum Place {
  /** Of the whole way: the request was never sent on. */
  Request,
  /** Of an answer without a body, which cannot be given one. */
  Head,
  /** Of an answer with a body. */
  Body,
}

/**
 * One request of `replay`:
 *
 *   headers, body ─► first target ─► good ──────────────────────────────► client, as it comes
 *                        └─ failed ─► next target ─► … ─► good ─────────► client, in one piece
 *                                          └─ none left ─► our error ───► client
 */
@final
export class ReplayListener extends HttpContext {
  private stage: Stage = Stage.Idle;
  private place: Place = Place.Request;
  /** Null: nothing is chosen. */
  private choice: Choice | null = null;
  private note: ChainNote | null = null;
  /** Null: there is no target but the first. */
  private request: ReplayRequest | null = null;
  private readonly trace: Trace = new Trace();
  /** Of the attempt that runs; null: there was none. */
  private result: Result | null = null;
  /** Targets that were asked or left out. */
  private next: i32 = 0;
  /** Where the next attempts may go; empty: anywhere. */
  private allowed: Slice[] = [];
  private beganMs: i64 = 0;
  private attemptMs: i64 = 0;
  /** Of the call that runs. */
  private timeoutMs: i32 = 0;
  private judge: StartJudge | null = null;
  private status: i32 = 0;
  /** Why the running answer is a failure; no bytes: only its body can tell. */
  private reason: Slice = NO_BYTES;
  /** Bytes of the held answer that were looked at. */
  private fed: i32 = 0;
  /** The answer of the first target is complete. */
  private hasEnded: bool = false;
  /** The shortest wait that a failed target asked for, in seconds; 0: none. */
  private retryAfter: i64 = 0;
  /** What the client gets. */
  private answer: ReplayAnswer | null = null;
  private served: Served | null = null;
  private deadlineMs: i64 = 0;

  constructor(
    id: u32,
    private readonly config: FallbackConfig,
    private readonly log: PluginLog,
    /** The root's. */
    private readonly waiting: Waiting,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    if (endOfStream || !isWatched(this.config.paths)) return this.stayOut();
    const isTooLong = announcedLength() > this.config.maxBodyBytes;
    if (isTooLong && this.config.rejectsTooLarge) return this.refuse();
    for (let i = 0; i < ROUTER_HEADERS.length; i++) requestHeaders.remove(ROUTER_HEADERS[i]);
    this.config.exposure.clean(requestHeaders);
    if (isTooLong) return this.stayOut();
    limitRequestBuffer(this.config.maxBodyBytes);
    this.stage = Stage.HoldsBody;
    return HeadersAction.StopIteration;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (this.stage == Stage.Calls) return DataAction.StopIterationAndBuffer;
    if (this.stage != Stage.HoldsBody) return DataAction.Continue;
    if (<i64>size > this.config.maxBodyBytes) {
      this.stage = Stage.Idle;
      if (!this.config.rejectsTooLarge) return DataAction.Continue;
      this.refuse();
      return DataAction.StopIterationNoBuffer;
    }
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    return this.begin() ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  override onRequestTrailers(): TrailersAction {
    if (this.stage != Stage.HoldsBody) return TrailersAction.Continue;
    return this.begin() ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    const result = this.result;
    if (this.stage != Stage.Goes || result === null) return HeadersAction.Continue;
    responseHeaders.load();
    this.config.exposure.clean(responseHeaders);
    this.place = endOfStream ? Place.Head : Place.Body;
    this.hasEnded = endOfStream;
    const text = responseHeaders.get(STATUS);
    this.status = text === null ? 0 : <i32>parseInteger(text);
    const reason = this.findFailure();
    if (reason !== null) {
      this.reason = reason;
      if (endOfStream || isEncoded(responseHeaders)) return this.headersAction(this.fail(reason));
      return this.readError();
    }
    if (endOfStream) return this.headersAction(this.serve());
    if (this.config.errors.mayFailByBody(this.status) && !isEncoded(responseHeaders)) {
      return this.readError();
    }
    if (this.wantsToJudge()) return HeadersAction.StopIteration;
    return this.headersAction(this.serve());
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    if (endOfStream) this.hasEnded = true;
    let goesOn: bool = true;
    if (this.stage == Stage.Judges) {
      goesOn = this.judgeStart(size, endOfStream);
    } else if (this.stage == Stage.ReadsError) {
      const isWhole = endOfStream || size >= this.config.stream.holdMaxBytes;
      goesOn = isWhole && this.judgeError();
    } else if (this.stage == Stage.Calls) {
      goesOn = false;
    } else if (this.stage == Stage.Waits) {
      goesOn = endOfStream;
      if (goesOn) this.replaceResponse();
    }
    return goesOn ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** An answer with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    this.hasEnded = true;
    let goesOn: bool = true;
    if (this.stage == Stage.Judges) goesOn = this.judgeStart(this.fed, true);
    else if (this.stage == Stage.ReadsError) goesOn = this.judgeError();
    else if (this.stage == Stage.Calls) goesOn = false;
    else if (this.stage == Stage.Waits) this.replaceResponse();
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onHttpCallResponse(_tag: i32, response: HttpCallResponse): void {
    const result = this.result;
    if (this.stage != Stage.Calls || result === null) return;
    const answer = ReplayAnswer.of(response);
    const ms = nowMs() - this.attemptMs;
    const reason = answer.findFailure(this.config, ms, this.timeoutMs);
    if (reason === null) {
      this.served = result.succeed(answer.status, this.log);
      this.deliver(answer);
      return;
    }
    const wait = secondsOf(response.header(RETRY_AFTER));
    this.noteWait(wait);
    result.failAndWait(reason, answer.status, wait);
    this.restrict(answer.status, answer.body);
    if (this.isFinal(ms) || !this.askNext()) this.giveUp(answer);
  }

  override onDone(): void {
    const choice = this.choice;
    if (choice !== null && choice.probes.length > 0) choice.giveBack();
    this.stage = Stage.Idle;
  }

  /** Looks after a failed answer that does not end. @returns false: it is not waited for any more */
  waits(nowMs: i64): bool {
    if (this.stage != Stage.ReadsError && this.stage != Stage.Waits) return false;
    if (nowMs < this.deadlineMs) return true;
    if (!this.reach()) return false;
    if (this.stage == Stage.ReadsError) {
      if (this.judgeError()) this.resumeResponse();
      return false; // or it waits once more
    }
    this.place = Place.Head; // nothing can take the place of what has not ended
    const answer = this.answer;
    if (answer !== null) this.deliver(answer);
    return false;
  }

  private stayOut(): HeadersAction {
    this.finish();
    return HeadersAction.Continue;
  }

  /** The request is longer than may be kept for a second attempt. */
  private refuse(): HeadersAction {
    const headers = new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
    this.sendLocalReply(413, headers, TOO_LARGE, TOO_LARGE_DETAILS);
    return HeadersAction.StopAllIterationAndWatermark;
  }

  /** The body is complete, and the headers are still held. @returns false: the request stays here */
  private begin(): bool {
    this.stage = Stage.Idle;
    const config = this.config;
    const body = requestBody.readAll();
    const modelKey = config.modelKey;
    if (body === null || modelKey === null) return true;
    const features = RequestFeatures.read(body, modelKey, config.asksForVision);
    if (features.model.isEmpty) return true;
    const chain = config.findChain(features.model);
    if (chain === null) return true;
    const isBarred = features.streams && config.forbidsReplayedStreams;
    const isAlone = config.optOut.isAsked();
    const choice = isAlone
      ? Choice.first(chain)
      : Choice.free(chain, features, isBarred ? 1 : config.maxAttempts, config.breaker.keepsOne);
    if (choice.links.length == 0) return true;
    const note = ChainNote.of(choice, features);
    note.optedOut = isAlone;
    this.choice = choice;
    this.note = note;
    this.beganMs = nowMs();
    chain.metrics.requests.increment();
    const present = requestHeaders.pairs();
    const first = choice.links[0];
    const isSteered = !first.target.name.equals(chain.primary);
    const staysHere = isSteered && config.clusterHeader.isEmpty;
    if (staysHere || choice.links.length > 1) {
      this.request = new ReplayRequest(present, body, modelKey);
    }
    if (staysHere) {
      // Nothing tells the route another cluster: the answer comes by a call, in one piece.
      if (!this.askNext()) this.giveUp(null);
      return false;
    }
    this.next = 1;
    this.rewrite(first);
    return true;
  }

  /** Makes the running request one to its first target. */
  private rewrite(first: Link): void {
    const config = this.config;
    const note = this.note;
    const choice = this.choice;
    const modelKey = config.modelKey;
    const body = requestBody.readAll();
    if (note === null || choice === null || modelKey === null || body === null) return;
    const present = requestHeaders.pairs();
    const attempt = new Attempt(first.target, note.model);
    const edits = new HeadEdits();
    const path = present.find(PATH);
    attempt.editHead(edits, path === null ? NO_BYTES : path);
    const edited = attempt.editBody(body, modelKey);
    if (edited !== body) {
      requestBody.replace(edited);
      edits.set(CONTENT_LENGTH, bytes(decimal(edited.length)));
    }
    const steers = !config.clusterHeader.isEmpty;
    if (steers) edits.set(config.clusterHeader, first.target.cluster);
    else keepRoute();
    edits.applyTo(requestHeaders, present);
    if (steers) chooseRouteAgain();
    this.attemptMs = nowMs();
    this.result = new Result(choice.chain, note, attempt, this.trace, this.attemptMs);
    this.stage = Stage.Goes;
  }

  /** Why the first target's answer is a failure by its status; null: it is none, or its body decides. */
  private findFailure(): Slice | null {
    const errors = this.config.errors;
    const found = getProperty(RESPONSE_DETAILS);
    const details = found === null || found.isEmpty ? VIA_UPSTREAM : found;
    if (details.equals(VIA_UPSTREAM)) {
      return errors.isFailure(this.status) ? statusReason(this.status) : null;
    }
    if (errors.localReplies == LocalReplies.None) return null;
    const reason = findRouterReason(details);
    if (reason === null) {
      const counts = errors.localReplies == LocalReplies.All && errors.isFailure(this.status);
      return counts ? statusReason(this.status) : null;
    }
    if (reason.equals(TIMEOUT)) return errors.onTimeout ? reason : null;
    if (reason.equals(CONNECT) || reason.equals(NO_HOST)) {
      return errors.onConnectFailure ? reason : null;
    }
    return !reason.equals(RESET) || errors.onReset ? reason : null;
  }

  private readError(): HeadersAction {
    this.stage = Stage.ReadsError;
    this.wait();
    return HeadersAction.StopIteration;
  }

  /** Holds a good answer whose beginning has to be looked at. */
  private wantsToJudge(): bool {
    const stream = this.config.stream;
    if (this.status != 200 || !this.config.errors.onBadStart || this.request === null) return false;
    const type = responseHeaders.get(CONTENT_TYPE);
    const isStream = type !== null && lowerCase(type).startsWith(EVENT_STREAM_TYPE);
    if (!(isStream ? stream.holdsFirstEvent : stream.judgesJson)) return false;
    if (isEncoded(responseHeaders)) return false;
    this.judge = new StartJudge(isStream, stream);
    this.stage = Stage.Judges;
    return true;
  }

  /** @returns true: the answer goes on to the client */
  private judgeStart(size: i32, isLast: bool): bool {
    const judge = this.judge;
    const chunk = size > this.fed ? responseBody.read(this.fed, size - this.fed) : NO_BYTES;
    if (judge === null || chunk === null) return true;
    this.fed = size;
    let verdict = judge.feed(chunk);
    if (isLast) verdict = judge.end();
    if (verdict == Verdict.Open) return false;
    return verdict == Verdict.Bad ? this.fail(BAD_START) : this.serve();
  }

  /** The held error is complete, or long enough. @returns true: it goes on to the client */
  private judgeError(): bool {
    const found = responseBody.readAll();
    const body = found === null ? NO_BYTES : found;
    const errors = this.config.errors;
    const isBad = !this.reason.isEmpty || errors.findBodyFailure(this.status, body) !== null;
    if (!isBad || errors.isRefusal(this.status, body)) return this.serve();
    this.restrict(this.status, body);
    return this.fail(this.reason.isEmpty ? statusReason(this.status) : this.reason);
  }

  /** A rule about the body may say where such a request is to go. */
  private restrict(status: i32, body: Slice): void {
    const rule = this.config.errors.findBodyFailure(status, body);
    if (rule !== null) this.allowed = rule.targets;
  }

  /** The first target's answer goes to the client. @returns true */
  private serve(): bool {
    const result = this.result;
    this.stage = Stage.Idle;
    if (result !== null) result.serve(this.status, this.config.exposure, this.log);
    return true;
  }

  /** The first target has failed. @returns true: its answer goes on to the client all the same */
  private fail(reason: Slice): bool {
    const result = this.result;
    if (result === null) return true;
    const wait = secondsOf(responseHeaders.get(RETRY_AFTER));
    this.noteWait(wait);
    result.failAndWait(reason, this.status, wait);
    const isFinal = this.isFinal(nowMs() - this.attemptMs);
    if (!isFinal && this.askNext()) return false;
    return this.giveUp(null);
  }

  /** A failure that took so long that a further attempt would come too late. */
  private isFinal(ms: i64): bool {
    const within = this.config.errors.withinMs;
    return within > 0 && ms > within;
  }

  /** Asks the next target that may be asked. @returns false: there is none */
  private askNext(): bool {
    const request = this.request;
    const choice = this.choice;
    const note = this.note;
    if (request === null || choice === null || note === null) return false;
    while (this.next < choice.links.length) {
      const link = choice.links[this.next++];
      const timeout = this.timeoutOf(link);
      if (timeout < 0 || !this.mayAsk(link)) continue;
      const attempt = new Attempt(link.target, note.model);
      const result = new Result(choice.chain, note, attempt, this.trace, nowMs());
      this.result = result;
      this.attemptMs = nowMs();
      this.timeoutMs = timeout;
      this.stage = Stage.Calls;
      if (request.send(attempt, this.id, timeout) == Status.Ok) return true;
      result.failAndWait(NO_HOST, 0, 0);
    }
    return false;
  }

  /** Rules, and the target's breaker. The last one left is asked whatever its breaker says. */
  private mayAsk(link: Link): bool {
    const choice = this.choice;
    if (choice === null || !this.isAllowed(link.target.name)) return false;
    const breaker = link.breaker;
    // The first one was admitted when it was chosen.
    if (breaker === null || this.next == 1) return true;
    const admission = breaker.admit();
    if (admission == Admission.Probe) choice.probes.push(link);
    if (admission != Admission.No) return true;
    if (this.config.breaker.keepsOne && this.next == choice.links.length) return true;
    link.metrics.skipped.increment();
    return false;
  }

  private isAllowed(name: Slice): bool {
    for (let i = 0; i < this.allowed.length; i++) {
      if (this.allowed[i].equals(name)) return true;
    }
    return this.allowed.length == 0;
  }

  /** What a call may take, in milliseconds; below 0: no time is left for it. */
  private timeoutOf(link: Link): i32 {
    const timeouts = this.config.timeouts;
    const own = link.target.timeoutMs > 0 ? link.target.timeoutMs : timeouts.unaryMs;
    if (timeouts.totalMs == 0) return own;
    const left = <i64>timeouts.totalMs - (nowMs() - this.beganMs);
    return left <= 0 ? -1 : <i32>min(<i64>own, left);
  }

  private noteWait(seconds: i64): void {
    if (seconds > 0 && (this.retryAfter == 0 || seconds < this.retryAfter)) {
      this.retryAfter = seconds;
    }
  }

  /**
   * Every target has failed.
   *
   * @param last the answer of the last one; null: the first was the last, or nobody was asked
   * @returns true: the first one's answer goes on to the client
   */
  private giveUp(last: ReplayAnswer | null): bool {
    const choice = this.choice;
    if (choice === null) return true;
    const failed = this.config.allFailed;
    const served = new Served(NO_BYTES, NO_BYTES, this.trace.count);
    const first = this.trace.firstFailure;
    served.from = choice.chain.primary;
    if (first !== null) served.reason = first.reason;
    this.served = served;
    choice.chain.metrics.allFailed.increment();
    setProperty(FROM_PROPERTY, served.from);
    setProperty(TRACE_PROPERTY, this.trace.toJson());
    const hasFirst = this.place != Place.Request;
    if (
      hasFirst &&
      (failed.mode == FailedMode.First || (failed.mode == FailedMode.Last && last === null))
    ) {
      return this.releaseFirst(served);
    }
    if (failed.mode == FailedMode.Last && last !== null) {
      this.deliver(last);
      return false;
    }
    const body = failed.bodyOf(this.trace, this.config.exposure.namesTargets);
    return this.deliver(ReplayAnswer.ofError(failed.statusOf(this.trace), body));
  }

  /** The first target's answer is what the client gets. @returns true */
  private releaseFirst(served: Served): bool {
    const isLate = this.stage == Stage.Calls;
    this.stage = Stage.Idle;
    if (!this.reach()) return true;
    this.config.exposure.tell(responseHeaders, served);
    if (isLate) this.resumeResponse();
    return true;
  }

  /** Gives the client an answer. @returns true: in place of the running one, which may go on */
  private deliver(answer: ReplayAnswer): bool {
    if (this.place != Place.Body) {
      this.reply(answer);
      return false;
    }
    this.answer = answer;
    if (this.hasEnded) {
      if (!this.reach()) return true;
      this.replaceResponse();
      this.resumeResponse();
      return true;
    }
    this.answer = answer.copy();
    this.stage = Stage.Waits;
    this.wait();
    return false;
  }

  private reply(answer: ReplayAnswer): void {
    this.stage = Stage.Idle;
    const headers = new PairsBuilder();
    if (!answer.type.isEmpty) headers.add(CONTENT_TYPE, answer.type);
    if (this.tellsWait) headers.add(RETRY_AFTER, bytes(decimal(this.retryAfter)));
    const served = this.served;
    if (served !== null) this.config.exposure.addTo(headers, served);
    const isServed = served !== null && !served.target.isEmpty;
    const details = isServed ? REPLAYED_DETAILS : ALL_FAILED_DETAILS;
    this.sendLocalReply(answer.status, headers.build(), answer.body, details);
  }

  /** Puts the client's answer in the place of the first target's, which is complete. */
  private replaceResponse(): void {
    const answer = this.answer;
    if (answer === null) return;
    this.stage = Stage.Idle;
    responseHeaders.load();
    responseHeaders.remove(CONTENT_LENGTH);
    responseHeaders.remove(CONTENT_ENCODING);
    responseHeaders.remove(TRANSFER_ENCODING);
    responseHeaders.set(STATUS, bytes(decimal(answer.status)));
    if (answer.type.isEmpty) responseHeaders.remove(CONTENT_TYPE);
    else responseHeaders.set(CONTENT_TYPE, answer.type);
    if (this.tellsWait) responseHeaders.set(RETRY_AFTER, bytes(decimal(this.retryAfter)));
    else responseHeaders.remove(RETRY_AFTER);
    const served = this.served;
    if (served !== null) this.config.exposure.tell(responseHeaders, served);
    responseBody.replace(answer.body);
  }

  /** Nobody answered, and some target said when to come again. */
  private get tellsWait(): bool {
    const served = this.served;
    return this.retryAfter > 0 && served !== null && served.target.isEmpty;
  }

  /** From now on the root looks after this stream. */
  private wait(): void {
    this.deadlineMs = nowMs() + PATIENCE_MS;
    this.waiting.add(this);
  }

  /** After a decision in the headers callback. */
  private headersAction(goesOn: bool): HeadersAction {
    if (goesOn || this.hasReplied) return HeadersAction.Continue;
    return this.place == Place.Head
      ? HeadersAction.StopAllIterationAndWatermark
      : HeadersAction.StopIteration;
  }
}
