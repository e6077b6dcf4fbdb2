import { bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  isUnreadable,
  isWebSocket,
  keepRoute,
  limitRequestBuffer,
  limitResponseBuffer,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import {
  DataAction,
  HeadersAction,
  HttpCallResponse,
  HttpContext,
  PairsBuilder,
  requestBody,
  requestHeaders,
  responseBody,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { Taking } from "./api/api";
import { Audit } from "./audit";
import { BodyExam } from "./body-exam";
import { SecurityConfig } from "./config";
import { Examiner, Outcome } from "./exam";
import { FAILURE_DETAILS, failureBody, failureHeaders } from "./failure";
import { Flushes } from "./flushes";
import { Flow, GatedBody, openGate } from "./gated-body";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import {
  applyRules,
  isUnreadableBody,
  keptImages,
  nameServices,
  placeTexts,
  readTexts,
} from "./judged-body";
import { Ledger } from "./ledger";
import { Metrics } from "./metrics";
import { ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, STATUS_HEADER } from "./names";
import { Denial } from "./refusal/denial";
import { DENIED_DETAILS } from "./refusal/refusal";
import { Stage } from "./stage";
import { Texts } from "./texts";

const OK: Slice = bytes("200");
const UNREADABLE: string = "unreadable";

/**
 * One request and its answer:
 *
 *   body complete ─► texts ─► exam ─► passed, masked ─► goes on
 *                                └──► denied ─────────► refusal
 */
@final
export class ContentStream extends HttpContext {
  private readonly ledger: Ledger;
  private readonly examiner: Examiner;
  private stage: Stage = Stage.Idle;
  private phase: Phase = Phase.Request;
  private texts: Texts | null = null;
  private exam: BodyExam | null = null;
  private gate: GatedBody | null = null;
  /** The request's body is held; it goes on only once it is judged. */
  private holdsBody: bool = false;
  /** The answer has begun: `stage` is about that. */
  private isAnswered: bool = false;
  private readonly consumer: Slice;

  constructor(
    id: u32,
    private readonly config: SecurityConfig,
    private readonly metrics: Metrics,
    log: PluginLog,
    private readonly flushes: Flushes,
  ) {
    super(id);
    requestHeaders.load();
    const header = requestHeaders.get(config.consumerHeader);
    const consumer = header === null ? NO_BYTES : header.copy();
    const thresholds = config.consumers.thresholdsOf(consumer);
    const ledger = new Ledger(new Audit(log), metrics, config, consumer);
    this.consumer = consumer;
    this.ledger = ledger;
    this.examiner = new Examiner(id, config.backends, thresholds, ledger, log);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    keepRoute();
    const config = this.config;
    if (isWebSocket()) {
      this.finish();
      return HeadersAction.Continue;
    }
    config.refusal.meet(this.examiner.client);
    const reads = config.readsRequest && !endOfStream;
    const isReadable = reads && !isUnreadable(requestHeaders); // edits end what was loaded
    if (config.checksResponse) requestHeaders.remove(ACCEPT_ENCODING);
    if (!reads) return HeadersAction.Continue;
    if (!isReadable) {
      if (config.deniesUnreadable && config.checksRequest) this.refuse(null);
      else if (config.checksRequest) this.ledger.skip(Phase.Request, UNREADABLE);
      return HeadersAction.Continue;
    }
    limitRequestBuffer(config.maxBodyBytes);
    this.stage = Stage.Reads;
    this.holdsBody = true;
    if (config.holdsHeaders) return HeadersAction.StopIteration;
    if (config.mayMask) requestHeaders.remove(CONTENT_LENGTH); // nothing can correct it later
    return HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    return this.holdsBack(endOfStream) ? DataAction.StopIterationAndBuffer : DataAction.Continue;
  }

  /** A request with trailers has no end of its body. */
  override onRequestTrailers(): TrailersAction {
    return this.holdsBack(true) ? TrailersAction.StopIteration : TrailersAction.Continue;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    this.isAnswered = true;
    this.stage = Stage.Idle;
    const action = this.openResponse(endOfStream);
    if (this.stage == Stage.Idle) this.close();
    return action;
  }

  override onResponseBody(_size: i32, endOfStream: bool): DataAction {
    const action = this.readResponse(endOfStream);
    if (endOfStream && action == DataAction.Continue) this.close();
    return action;
  }

  /** An answer with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    const action = this.endResponse();
    if (action == TrailersAction.Continue) this.close();
    return action;
  }

  /** Streams that were not finished: their clients have left, or the gateway gave them up. */
  override onLog(): void {
    const body = this.gate;
    if (this.stage == Stage.Streams && body !== null) body.gate.leave();
    else if (this.stage != Stage.Idle) this.ledger.left(this.phase);
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const exam = this.exam;
    const gate = this.gate;
    if (tag != this.phase) return; // about a request that was answered already
    if (this.stage == Stage.Streams && gate !== null && this.reach()) {
      return this.follow(gate.take(response));
    }
    if (this.stage != Stage.Asks || exam === null) return;
    const outcome = exam.take(response);
    if (outcome == Outcome.Pending || !this.reach() || !this.settle(exam, outcome)) return;
    if (this.phase == Phase.Response) return this.closeResponse();
    this.holdsBody = false;
    this.resumeRequest();
  }

  /** For `Flushes`. @returns false: there is nothing more to come */
  tick(): bool {
    const gate = this.gate;
    if (this.stage != Stage.Streams || gate === null || !this.reach()) return false;
    this.follow(gate.tick());
    return !this.isOver;
  }

  /** What of the request waits. What comes of it behind the beginning of an answer is never judged. */
  private holdsBack(isLast: bool): bool {
    if (isLast && !this.isAnswered && this.stage == Stage.Reads)
      this.holdsBody = !this.judge(requestBody.readAll());
    return this.holdsBody;
  }

  /** Nothing more is looked at. A request that was never judged must not go on behind its answer. */
  private close(): void {
    if (!this.holdsBody || this.hasReplied) this.finish();
  }

  /** Leaves the stage idle when nothing of the answer is to be looked at. */
  private openResponse(endOfStream: bool): HeadersAction {
    const config = this.config;
    if (this.hasReplied || !config.checksResponse || endOfStream) return HeadersAction.Continue;
    responseHeaders.load();
    const status = responseHeaders.get(STATUS_HEADER);
    const type = responseHeaders.get(CONTENT_TYPE);
    const isOk = status !== null && status.equals(OK);
    const taking = config.api.taking(isOk, type === null ? NO_BYTES : lowerCase(type));
    if (taking == Taking.Pass) {
      this.ledger.skip(Phase.Response, isOk ? "kind" : "status");
      return HeadersAction.Continue;
    }
    this.phase = Phase.Response;
    if (isUnreadable(responseHeaders)) {
      if (config.deniesUnreadable) this.refuse(null, true);
      else this.ledger.skip(Phase.Response, UNREADABLE);
      return HeadersAction.Continue;
    }
    if (taking == Taking.Hold) return this.holdResponse();
    this.gate = openGate(config, this.examiner, taking); // edits end what was loaded
    if (config.flushTicks > 0) this.flushes.add(this);
    this.ledger.audit.start();
    limitResponseBuffer(config.maxBodyBytes);
    responseHeaders.remove(CONTENT_LENGTH);
    nameServices(config.consumers, this.examiner, this.consumer, this.phase);
    this.stage = Stage.Streams;
    return HeadersAction.Continue;
  }

  private readResponse(endOfStream: bool): DataAction {
    const gate = this.gate;
    if (this.stage == Stage.Streams && gate !== null) return gate.read(endOfStream);
    const holds = this.stage == Stage.Reads || this.stage == Stage.Asks;
    const isLast = endOfStream && this.stage == Stage.Reads;
    const goesOn = isLast ? this.judge(responseBody.readAll()) : !holds;
    return goesOn ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  private endResponse(): TrailersAction {
    const gate = this.gate;
    if (this.stage == Stage.Streams && gate !== null) {
      const flow = gate.end();
      if (flow == Flow.Breaks) this.closeStream();
      return flow == Flow.Ends ? TrailersAction.Continue : TrailersAction.StopIteration;
    }
    const goesOn = this.stage != Stage.Reads || this.judge(responseBody.readAll());
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  private holdResponse(): HeadersAction {
    limitResponseBuffer(this.config.maxBodyBytes);
    this.stage = Stage.Reads;
    responseHeaders.remove(CONTENT_LENGTH);
    return this.config.holdsResponseHeaders ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  /** A body is complete. @returns true: it goes on */
  private judge(body: Slice | null): bool {
    this.stage = Stage.Idle;
    if (body === null) return true;
    const config = this.config;
    const texts = readTexts(config, this.phase, body, this.examiner.client);
    const isRequest = this.phase == Phase.Request;
    if (isRequest && !config.checksRequest) {
      this.examiner.prompt = texts.whole();
      return true;
    }
    if (isUnreadableBody(config, this.phase, body, texts)) return this.refuse(null);
    const images = keptImages(config, this.phase, texts);
    if (texts.skipped != "") this.ledger.skipped(texts.skipped);
    if (texts.isEmpty && images.length == 0) return this.ledger.skip(this.phase, "no text");
    this.texts = texts;
    this.ledger.audit.start();
    this.metrics.checked.increment();
    const judgement = applyRules(config.rules, this.phase, texts, this.examiner);
    if (judgement !== null) return this.refuse(judgement);
    if (config.backends.length == 0) return this.passOn(texts);
    // Services never see what the rules have masked, as little as the model does.
    const text = texts.whole();
    if (isRequest) this.examiner.prompt = text;
    nameServices(config.consumers, this.examiner, this.consumer, this.phase);
    const masking = config.masking.of(this.phase);
    const exam = new BodyExam(this.examiner, this.phase, text, images, masking, texts.documents());
    this.exam = exam;
    this.stage = Stage.Asks;
    return this.settle(exam, exam.proceed());
  }

  /** The local rules alone have judged. @returns true: what is held goes on */
  private passOn(texts: Texts): bool {
    if (texts.isChanged && !this.edit(texts)) return this.refuse(null);
    return this.ledger.passed(this.phase, texts.isMasked, false);
  }

  /** @returns true: what is held goes on */
  private settle(exam: BodyExam, outcome: Outcome): bool {
    const texts = this.texts;
    if (outcome == Outcome.Pending || texts === null) return false;
    this.stage = Stage.Idle;
    if (outcome == Outcome.Denied) return this.refuse(exam.judgement);
    if (exam.hasFailed && this.config.failsClosed) return this.fail();
    if (exam.isMasked) texts.spread(exam.text, this.phase, this.examiner.memory);
    if (texts.isChanged && !this.edit(texts)) return this.refuse(exam.refuseText());
    if (outcome == Outcome.Failed) this.ledger.failed(this.phase, false);
    else this.ledger.passed(this.phase, texts.isMasked, exam.endsWithImage);
    return true;
  }

  /** Puts the changed texts in their places. @returns false: that cannot be done */
  private edit(texts: Texts): bool {
    if (!placeTexts(this.phase, texts)) return false;
    if (texts.isMasked) this.metrics.countMasked(this.phase);
    return true;
  }

  /**
   * Refuses what the phase is about.
   *
   * @param judgement null: nothing can be said of it
   * @param hasHeaders of an answer: its headers are still here, and may be changed
   * @returns true: what is held goes on, and is the refusal
   */
  private refuse(
    judgement: Judgement | null,
    hasHeaders: bool = this.config.changesResponseHeaders,
  ): bool {
    this.stage = Stage.Idle;
    const isRequest = this.phase == Phase.Request;
    const refusal = this.config.refusal;
    const client = this.examiner.client;
    const streams = isRequest && client.wantsStream;
    if (judgement === null) this.ledger.unreadable();
    const said = refusal.explained(judgement);
    const denial = new Denial(said, this.examiner.thresholds, client, streams);
    this.ledger.denied(this.phase, said);
    if (!isRequest && !hasHeaders) {
      responseBody.replace(refusal.answer(denial));
      return true;
    }
    const headers = new PairsBuilder().add(CONTENT_TYPE, refusal.contentType(denial)).build();
    this.sendLocalReply(refusal.status, headers, refusal.answer(denial), DENIED_DETAILS);
    return false;
  }

  /** No judge could be asked. @returns true: what is held goes on, and is the error */
  private fail(): bool {
    this.ledger.failed(this.phase, true);
    const body = failureBody(this.config.api.type, this.examiner.client);
    if (this.phase == Phase.Response && !this.config.holdsResponseHeaders) {
      responseBody.replace(body);
      return true;
    }
    this.sendLocalReply(this.config.failCode, failureHeaders(), body, FAILURE_DETAILS);
    return false;
  }

  private follow(flow: Flow): void {
    if (flow == Flow.Resumes) this.resumeResponse();
    else if (flow == Flow.Ends) this.closeResponse();
    else if (flow == Flow.Breaks) this.closeStream();
  }

  /** All of the answer that was held goes on. */
  private closeResponse(): void {
    this.resumeResponse();
    this.close();
  }
}
