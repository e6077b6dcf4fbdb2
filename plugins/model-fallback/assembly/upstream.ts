import { KeyPath } from "@ai-gateway-wasm/as-json";
import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isEncoded, PluginLog } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  getProperty,
  HeadersAction,
  HttpContext,
  requestBody,
  requestHeaders,
  responseBody,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { AnswerWatch } from "./answer-watch";
import { Attempt } from "./attempt";
import { ChainNote } from "./chain-note";
import { nowMs } from "./clock";
import { FallbackConfig } from "./config";
import { ending, isLate } from "./ending";
import { HeadEdits } from "./head-edits";
import { identify } from "./identity";
import { StartJudge, Verdict } from "./judge";
import {
  CHAIN_PROPERTY,
  CONTENT_LENGTH,
  PATH,
  RATE_LIMITED,
  STATUS,
  TRACE_PROPERTY,
} from "./names";
import { Original } from "./original";
import {
  BAD_START,
  CLIENT_GONE,
  NO_RESPONSE,
  RESET_MID_STREAM,
  statusReason,
  TIMEOUT,
} from "./reason";
import { responseStatus } from "./response-status";
import { Result } from "./result";
import { REWRITTEN, RouterOrders } from "./router-orders";
import { StreamEnd } from "./stream-end";
import { Trace } from "./trace";

const NO_TARGETS: Slice[] = [];
const NO_ATTEMPT: Attempt | null = null;

const enum Stage {
  /** None of our business. */
  Idle,
  /** Held until its body is complete. */
  HoldsBody,
  /** Sent; its answer has not begun. */
  Waits,
  /** The answer is held until its beginning is judged. */
  Judges,
  /** An error is held until its body is complete. */
  ReadsError,
  /** The answer goes to the client; its end is watched. */
  Serves,
  /** Nothing more to do. */
  Over,
}

/**
 * One attempt, in the upstream chain of Envoy's router:
 *
 *   headers, body ─► which target is it? ─► its path, host, credential, model ─► upstream
 *   router ◄─ a status it retries ◄─ bad ─┐
 *   client ◄─ headers that say who ◄ good ─┴─ first event or error ◄───────────────┘
 */
@final
export class UpstreamAttempt extends HttpContext {
  private stage: Stage = Stage.Idle;
  /** Null: the listener's part has not taken this request up. */
  private note: ChainNote | null = null;
  /** Null: the attempt has not begun. */
  private result: Result | null = null;
  private judge: StartJudge | null = null;
  /** Null: the end of the answer is not watched. */
  private end: StreamEnd | null = null;
  private status: i32 = 0;

  constructor(
    id: u32,
    private readonly config: FallbackConfig,
    private readonly orders: RouterOrders,
    private readonly log: PluginLog,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    const text = !endOfStream ? getProperty(CHAIN_PROPERTY) : null;
    const note = text !== null ? ChainNote.parse(text) : null;
    if (note === null) return this.passForeign();
    this.note = note;
    this.stage = Stage.HoldsBody;
    return HeadersAction.StopIteration;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.HoldsBody) return DataAction.Continue;
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    this.begin();
    return DataAction.Continue;
  }

  override onRequestTrailers(): TrailersAction {
    if (this.stage == Stage.HoldsBody) this.begin();
    return TrailersAction.Continue;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    const result = this.result;
    if (this.stage != Stage.Waits || result === null) return HeadersAction.Continue;
    responseHeaders.load();
    this.config.exposure.clean(responseHeaders);
    this.status = responseStatus();
    if (this.config.errors.isFailure(this.status)) {
      this.fail(result, statusReason(this.status), this.status);
      return HeadersAction.Continue;
    }
    if (this.watches()) {
      if (!endOfStream) return HeadersAction.StopIteration;
      this.conclude(result);
    } else {
      this.serve(result);
    }
    if (endOfStream) this.stage = Stage.Over;
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    const result = this.result;
    if (result === null) return DataAction.Continue;
    if (this.stage == Stage.Judges) return this.judgeStart(result, size, endOfStream);
    if (this.stage == Stage.ReadsError) return this.judgeError(result, size, endOfStream);
    if (this.stage == Stage.Serves) this.watchEnd(size, endOfStream);
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    const result = this.result;
    if (result === null) return TrailersAction.Continue;
    const isHeld = this.stage == Stage.Judges || this.stage == Stage.ReadsError;
    if (isHeld) this.conclude(result);
    const goesOn = this.stage != Stage.Serves || this.endWithTrailers(isHeld);
    this.stage = Stage.Over;
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  /** The attempt is over. Without an answer until now there will be none. */
  override onDone(): void {
    const result = this.result;
    if (result === null || this.stage == Stage.Over) return;
    const reason = ending(this.stage != Stage.Waits, result.lastedMs, this.perTryMs);
    if (this.stage == Stage.Serves) {
      if (!reason.equals(CLIENT_GONE)) result.breakOff(RESET_MID_STREAM);
    } else if (reason.equals(CLIENT_GONE)) {
      result.abandon(reason);
    } else {
      result.fail(reason, 0, this.config.errors.countsReason(reason));
    }
    this.stage = Stage.Over;
  }

  /** A request that no chain takes up still goes to a target that wants its own host and key. */
  private passForeign(): HeadersAction {
    const target = identify(this.config, NO_TARGETS, 0);
    if (target === null) {
      this.log.warn("unknown target, passing through");
    } else {
      const present = requestHeaders.pairs();
      const path = present.find(PATH);
      const consumer = present.find(this.config.consumerHeader);
      const edits = new HeadEdits();
      const asker = consumer === null ? NO_BYTES : consumer;
      const attempt = new Attempt(target, NO_BYTES, asker);
      attempt.editHead(edits, path === null ? NO_BYTES : path);
      edits.applyTo(requestHeaders, present);
    }
    this.finish();
    return HeadersAction.Continue;
  }

  /** The body is complete, and the headers are still held. */
  private begin(): void {
    this.stage = Stage.Idle;
    const config = this.config;
    const note = this.note;
    const modelKey = config.modelKey;
    if (note === null || modelKey === null) return;
    const present = requestHeaders.pairs();
    const original = Original.read(present, note.targets.length);
    const trace = this.pastOf(original);
    const target = identify(config, note.targets, trace.count);
    const chain = config.chainOf(note.chain);
    const edits = new HeadEdits();
    original.restore(edits, config.touched);
    if (!config.clusterHeader.isEmpty) edits.remove(config.clusterHeader);
    // One that nobody knows gets what the client sent, and nothing of what was for another.
    const attempt = target !== null ? new Attempt(target, note.model, note.consumer) : NO_ATTEMPT;
    if (attempt !== null) attempt.editHead(edits, original.path);
    editBody(edits, attempt, original.isFirst, modelKey);
    edits.applyTo(requestHeaders, present);
    if (attempt === null) {
      this.log.warn("unknown target, passing through");
      return;
    }
    const start = nowMs();
    original.note(attempt.target.name, start, config.touched);
    if (chain === null) {
      this.log.warn("unknown chain " + note.chain.toString());
      return;
    }
    this.result = new Result(chain, note, attempt, trace, start);
    this.stage = Stage.Waits;
  }

  /** The attempts before this one; one that nobody saw end is added. */
  private pastOf(original: Original): Trace {
    const note = this.note;
    if (original.isFirst || note === null) return new Trace();
    const trace = Trace.parse(getProperty(TRACE_PROPERTY));
    const last = trace.last;
    const target = original.lastTarget;
    if (last !== null && last.target.equals(target)) return trace;
    const lasted = nowMs() - original.lastStartMs;
    trace.add(target, isLate(lasted, this.perTryMs) ? TIMEOUT : NO_RESPONSE, lasted);
    return trace;
  }

  private get perTryMs(): i64 {
    const note = this.note;
    return <i64>this.config.timeouts.perTryMs(note !== null && note.streams);
  }

  /** Holds an answer whose beginning, or whose error, has to be looked at. */
  private watches(): bool {
    if (isEncoded(responseHeaders)) return false;
    const watch = new AnswerWatch(this.config, this.status);
    this.judge = watch.judge;
    this.end = watch.end;
    if (watch.readsBody) this.stage = Stage.ReadsError;
    else if (watch.judge !== null) this.stage = Stage.Judges;
    return this.stage != Stage.Waits;
  }

  private judgeStart(result: Result, size: i32, endOfStream: bool): DataAction {
    const judge = this.judge;
    const held = responseBody.read(0, size);
    if (judge === null || held === null) return DataAction.Continue;
    let verdict = judge.look(held);
    if (endOfStream) verdict = judge.end();
    if (verdict == Verdict.Open) return DataAction.StopIterationAndBuffer;
    if (verdict == Verdict.Bad) this.fail(result, BAD_START, 0);
    else this.serve(result);
    if (this.stage == Stage.Serves) this.watchEnd(size, endOfStream);
    return DataAction.Continue;
  }

  private judgeError(result: Result, size: i32, endOfStream: bool): DataAction {
    const isWhole = endOfStream || size >= this.config.stream.holdMaxBytes;
    if (!isWhole) return DataAction.StopIterationAndBuffer;
    this.conclude(result);
    return DataAction.Continue;
  }

  /** The held answer is complete. */
  private conclude(result: Result): void {
    const judge = this.judge;
    const body = this.stage == Stage.ReadsError ? responseBody.readAll() : null;
    if (body !== null) {
      if (this.config.errors.findBodyFailure(this.status, body) !== null) {
        this.fail(result, statusReason(this.status), this.status);
        return;
      }
      if (judge !== null) judge.look(body);
    }
    if (judge !== null && judge.end() == Verdict.Bad) this.fail(result, BAD_START, 0);
    else this.serve(result);
  }

  /** The router gets a status that it retries. @param status 0: of an answer of 200 */
  private fail(result: Result, reason: Slice, status: i32): void {
    result.fail(reason, status);
    // Set by an Envoy before the model: the router would retry no answer that has it.
    responseHeaders.remove(RATE_LIMITED);
    if (!this.orders.listed.has(status)) responseHeaders.set(STATUS, digits(REWRITTEN));
    this.stage = Stage.Over;
  }

  private serve(result: Result): void {
    result.serve(this.status, this.config.exposure);
    this.stage = Stage.Serves;
  }

  /**
   * When trailers come nothing can be added to what went on: a stream that is not complete is broken
   * off, or clients would take it for a whole one. Its beginning can, while it is held.
   *
   * @returns false: it is broken off, and Envoy crashes when anything of it goes on
   */
  private endWithTrailers(isHeld: bool): bool {
    const end = this.end;
    if (isHeld) this.watchEnd(i32.MAX_VALUE, true);
    else if (end !== null && !end.isComplete) {
      this.closeStream();
      return false;
    }
    return true;
  }

  /** Looks whether the stream ends as it should. */
  private watchEnd(size: i32, endOfStream: bool): void {
    const end = this.end;
    if (end !== null) end.watch(size, endOfStream);
    if (endOfStream) this.stage = Stage.Over;
  }
}

/** Makes the body, which is the client's again on each attempt, what this one sends. */
function editBody(
  edits: HeadEdits,
  attempt: Attempt | null,
  isFirst: bool,
  modelKey: KeyPath,
): void {
  const isWanted = !isFirst || (attempt !== null && attempt.editsBody);
  const body = isWanted ? requestBody.readAll() : null;
  if (body === null) return;
  const edited = attempt !== null ? attempt.editBody(body, modelKey) : body;
  if (edited !== body) requestBody.replace(edited);
  if (edited !== body || !isFirst) edits.set(CONTENT_LENGTH, digits(edited.length));
}
