import { KeyPath } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isEncoded } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  HeadersAction,
  HttpCallResponse,
  requestHeaders,
  responseBody,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { FailedMode } from "./all-failed";
import { AnswerWatch } from "./answer-watch";
import { Attempt } from "./attempt";
import { Chain } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice } from "./choice";
import { nowMs } from "./clock";
import { FallbackConfig } from "./config";
import { Served } from "./exposure";
import { findFirstFailure, responseDetails, VIA_UPSTREAM } from "./first-failure";
import { HeldRequest } from "./held-request";
import { StartJudge, Verdict } from "./judge";
import { RETRY_AFTER } from "./names";
import { BAD_START, statusReason } from "./reason";
import { ReplayAnswer } from "./replay-answer";
import { ReplayCalls } from "./replay-calls";
import { ReplayRequest, sendOn } from "./replay-request";
import { consumerOf, RequestFeatures } from "./request-features";
import { responseStatus } from "./response-status";
import { tellAllFailed } from "./result";
import { StreamEnd } from "./stream-end";
import { Waiting } from "./waiting";
import { tokensOf } from "./wasted";

/** How long a failed answer may take to end before the client gets another one all the same. */
const PATIENCE_MS: i64 = 1000;
const NO_REQUEST: ReplayRequest | null = null;

const enum Stage {
  /** None of our business, or nothing more to do. */
  Idle,
  /** On its way to the first target. */
  Goes,
  /** Another target is asked. */
  Calls,
  /** The client's answer is known; the one it takes the place of has not ended. */
  Waits,
  // From here on it is the answer of the first target that counts.
  /** It is held until its beginning is judged. */
  Judges,
  /** It goes to the client. */
  Serves,
  /** It is held until its body is complete: what it says decides. */
  ReadsError,
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
export class ReplayListener extends HeldRequest {
  private stage: Stage = Stage.Idle;
  private place: Place = Place.Request;
  /** Null: no chain takes the request up. */
  private calls: ReplayCalls | null = null;
  private judge: StartJudge | null = null;
  /** Null: the end of the answer is not watched. */
  private end: StreamEnd | null = null;
  private status: i32 = 0;
  /** Why the running answer is a failure; no bytes: only its body can tell. */
  private reason: Slice = NO_BYTES;
  /** The answer of the first target is complete. */
  private hasEnded: bool = false;
  /** What the client gets in its place. */
  private answer: ReplayAnswer | null = null;
  private deadlineMs: i64 = 0;

  constructor(
    id: u32,
    config: FallbackConfig,
    private readonly waiting: Waiting,
  ) {
    super(id, config);
  }

  protected override begin(
    chain: Chain,
    request: RequestFeatures,
    body: Slice,
    modelKey: KeyPath,
  ): bool {
    const config = this.config;
    const steers = !config.clusterHeader.isEmpty;
    const isBarred = request.streams && config.forbidsReplayedStreams;
    // A stream that must come as it is written stays on its route, whatever breakers say.
    const choice =
      this.isAlone || (isBarred && !steers)
        ? Choice.first(chain, steers)
        : Choice.free(chain, request, isBarred ? 1 : config.maxAttempts, config.breaker.keepsOne);
    chain.metrics.requests.increment();
    if (choice.links.length == 0) return this.replyUnasked(chain, request.model);
    const note = ChainNote.of(choice, request, this.isAlone);
    const staysHere = !steers && !choice.links[0].target.name.equals(chain.primary);
    const isKept = staysHere || choice.links.length > 1;
    const kept = isKept ? new ReplayRequest(requestHeaders.pairs(), body) : NO_REQUEST;
    const calls = new ReplayCalls(config, choice, note, kept, this.id);
    this.calls = calls;
    if (!staysHere) {
      this.stage = Stage.Goes;
      sendOn(config, calls.startFirst(), body, modelKey);
      return true;
    }
    // Nothing tells the route another cluster: the answer comes by a call, in one piece.
    this.stage = Stage.Calls;
    if (!calls.askNext()) this.giveUp(calls, null);
    return false;
  }

  protected override pass(chain: Chain): void {
    const config = this.config;
    const modelKey = config.modelKey;
    const target = Choice.first(chain, !config.clusterHeader.isEmpty).links[0].target;
    const attempt = new Attempt(target, NO_BYTES, consumerOf(config.consumerHeader));
    if (modelKey !== null) sendOn(config, attempt, NO_BYTES, modelKey);
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    if (this.stage != Stage.Goes) return HeadersAction.Continue;
    responseHeaders.load();
    this.config.exposure.clean(responseHeaders);
    this.place = endOfStream ? Place.Head : Place.Body;
    this.hasEnded = endOfStream;
    this.status = responseStatus();
    const details = responseDetails();
    const reason = findFirstFailure(this.config.errors, this.status, details, true);
    if (reason === null && !details.equals(VIA_UPSTREAM)) return this.passOwn(details);
    return this.takeHead(reason, !endOfStream && !isEncoded(responseHeaders));
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    const goesOn = this.takeBody(size, endOfStream);
    return goesOn ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** An answer with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    const end = this.end;
    if (this.stage == Stage.Serves && end !== null && !end.isComplete) {
      this.stage = Stage.Idle;
      this.closeStream(); // nothing can be added to what went on
      return TrailersAction.StopIteration;
    }
    return this.takeBody(0, true) ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onHttpCallResponse(_tag: i32, response: HttpCallResponse): void {
    const calls = this.calls;
    const result = calls !== null ? calls.result : null;
    if (this.lingers) this.finish();
    if (this.lingers && result !== null) return result.waste(tokensOf(response.body()));
    if (this.stage != Stage.Calls || calls === null || result === null) return;
    const answer = ReplayAnswer.of(response);
    const own = answer.findOwnOfHost(result.lastedMs, calls.timeoutMs);
    const reason = answer.findFailure(this.config, own);
    if (reason === null) {
      const whole = answer.ended(this.config.stream);
      if (own !== null) result.endByGateway(own);
      else whole.served = result.succeed(answer.status);
      this.deliver(whole);
      return;
    }
    const isLate = calls.fail(reason, answer.status, response.header(RETRY_AFTER));
    calls.restrict(answer.status, answer.body);
    if (isLate || !calls.askNext()) this.giveUp(calls, answer);
  }

  override onDone(): void {
    const calls = this.calls;
    if (calls !== null) calls.end(this.stage >= Stage.Judges && !this.hasEnded);
    this.lingers = this.stage == Stage.Calls; // the model answers all the same
    this.stage = Stage.Idle;
  }

  /** Looks after a failed answer that does not end. @returns false: it is not waited for any more */
  waits(nowMs: i64): bool {
    if (this.stage != Stage.ReadsError && this.stage != Stage.Waits) return false;
    if (nowMs < this.deadlineMs) return true;
    if (!this.reach()) return false;
    const answer = this.answer;
    if (this.stage == Stage.ReadsError) {
      if (this.judgeError()) this.resumeResponse();
    } else if (answer !== null) {
      this.reply(answer); // nothing can take the place of what has not ended
    }
    return false;
  }

  /** @param reason null: not by its head @param isLegible it has a body that can be read */
  private takeHead(reason: Slice | null, isLegible: bool): HeadersAction {
    if (reason !== null) this.reason = reason;
    if (isLegible && (reason !== null || this.readsBody())) {
      this.stage = Stage.ReadsError;
      this.wait();
      return HeadersAction.StopIteration;
    }
    if (isLegible && this.judge !== null) {
      this.stage = Stage.Judges;
      return HeadersAction.StopIteration;
    }
    return this.headersAction(reason !== null ? this.fail(reason) : this.serve());
  }

  /** The gateway answers in the target's place, and that is final. */
  private passOwn(details: Slice): HeadersAction {
    const calls = this.calls;
    this.stage = Stage.Idle;
    if (calls !== null) calls.endByGateway(details);
    return HeadersAction.Continue;
  }

  /** @returns true: what is held goes on to the client */
  private takeBody(size: i32, isLast: bool): bool {
    if (isLast) this.hasEnded = true;
    const end = this.end;
    switch (this.stage) {
      case Stage.Judges:
        return this.judgeStart(isLast);
      case Stage.Serves:
        if (end !== null) end.watch(size, isLast);
        return true;
      case Stage.ReadsError:
        return (isLast || size >= this.config.stream.holdMaxBytes) && this.judgeError();
      case Stage.Waits:
        return isLast && this.replaceResponse();
      default:
        return this.stage != Stage.Calls;
    }
  }

  /** What is to be looked at of an answer that is no failure yet. @returns its whole body is */
  private readsBody(): bool {
    const watch = new AnswerWatch(this.config, this.status);
    this.judge = watch.judge;
    this.end = watch.end;
    return watch.readsBody;
  }

  /** @returns true: the answer goes on to the client */
  private judgeStart(isLast: bool): bool {
    const judge = this.judge;
    const held = responseBody.readAll();
    if (judge === null || held === null) return true;
    const verdict = judge.look(held);
    if (verdict == Verdict.Open && !isLast) return false;
    if (judge.end() == Verdict.Bad) return this.fail(BAD_START);
    this.serve();
    return this.takeBody(held.length, isLast);
  }

  /** The held error is complete, or long enough. @returns true: it goes on to the client */
  private judgeError(): bool {
    const calls = this.calls;
    const found = responseBody.readAll();
    const body = found === null ? NO_BYTES : found;
    const errors = this.config.errors;
    const isBad = !this.reason.isEmpty || errors.findBodyFailure(this.status, body) !== null;
    const judge = this.judge;
    if (!isBad && judge !== null) {
      judge.look(body);
      if (judge.end() == Verdict.Bad) return this.fail(BAD_START);
    }
    if (!isBad || calls === null || errors.isRefusal(this.status, body)) return this.serve();
    calls.restrict(this.status, body);
    return this.fail(this.reason.isEmpty ? statusReason(this.status) : this.reason);
  }

  /** The first target's answer goes to the client. @returns true */
  private serve(): bool {
    const calls = this.calls;
    const result = calls !== null ? calls.result : null;
    this.stage = Stage.Serves;
    if (result !== null) result.serve(this.status, this.config.exposure);
    return true;
  }

  /** The first target has failed. @returns true: its answer goes on to the client all the same */
  private fail(reason: Slice): bool {
    const calls = this.calls;
    if (calls === null) return true;
    const isLate = calls.fail(reason, this.status, responseHeaders.get(RETRY_AFTER));
    this.stage = Stage.Calls;
    if (!isLate && calls.askNext()) return false;
    return this.giveUp(calls, null);
  }

  /**
   * Every target has failed.
   *
   * @param last the answer of the last one; null: the first was the last, or nobody was asked
   * @returns true: an answer goes on to the client
   */
  private giveUp(calls: ReplayCalls, last: ReplayAnswer | null): bool {
    const failed = this.config.allFailed;
    const served = tellAllFailed(calls.choice.chain, calls.trace, calls.model);
    const wantsLast = failed.mode == FailedMode.Last;
    const wantsFirst = failed.mode == FailedMode.First || (wantsLast && last === null);
    if (wantsFirst && this.place != Place.Request) return this.releaseFirst(served, last !== null);
    let answer = wantsLast ? last : null;
    if (answer === null) answer = ReplayAnswer.ofFailure(this.config, calls.trace);
    answer.served = served;
    answer.retryAfter = calls.retryAfter;
    return this.deliver(answer);
  }

  /** The first target's answer is what the client gets. @param isLate it is held @returns true */
  private releaseFirst(served: Served, isLate: bool): bool {
    this.stage = Stage.Idle;
    if (!this.reach()) return true;
    this.config.exposure.tell(responseHeaders, served);
    if (isLate) this.resumeResponse();
    return true;
  }

  /** Gives the client an answer. @returns true: in place of the running one, which may go on */
  private deliver(answer: ReplayAnswer): bool {
    if (this.place != Place.Body) return this.reply(answer);
    this.answer = this.hasEnded ? answer : answer.copy();
    this.stage = Stage.Waits;
    if (!this.hasEnded) return this.wait();
    if (this.reach() && this.replaceResponse()) this.resumeResponse();
    return true;
  }

  /** @returns false */
  private reply(answer: ReplayAnswer): bool {
    this.stage = Stage.Idle;
    return this.replyWith(answer);
  }

  /** The first target's answer is complete, and another takes its place. @returns true */
  private replaceResponse(): bool {
    const answer = this.answer;
    this.stage = Stage.Idle;
    if (answer !== null) answer.replaceResponse(this.config.exposure);
    return true;
  }

  /** From now on the root looks after this stream. @returns false */
  private wait(): bool {
    this.deadlineMs = nowMs() + PATIENCE_MS;
    this.waiting.add(this);
    return false;
  }

  /** After a decision in the headers callback. */
  private headersAction(goesOn: bool): HeadersAction {
    if (goesOn || this.hasReplied) return HeadersAction.Continue;
    if (this.place != Place.Head) return HeadersAction.StopIteration;
    return HeadersAction.StopAllIterationAndWatermark;
  }
}
