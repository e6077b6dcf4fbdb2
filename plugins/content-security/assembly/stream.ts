import { bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  isUnreadable,
  isWebSocket,
  keepRoute,
  limitRequestBuffer,
  limitResponseBuffer,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import { openAiError } from "@ai-gateway-wasm/llm/error-body";
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
import { Audit } from "./audit";
import { SecurityConfig } from "./config";
import { Exam, Examiner, Outcome } from "./exam";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { Metrics } from "./metrics";
import { ACCEPT_ENCODING, CONSUMER_HEADER, CONTENT_LENGTH, CONTENT_TYPE, EVENT_STREAM, JSON_TYPE, STATUS } from "./names";
import { Refusal } from "./refusal";
import { StreamGate } from "./stream-gate";
import { Texts } from "./texts";

const OK: Slice = bytes("200");
const FAILURE: Slice = bytes("content could not be checked");
const FAILURE_DETAILS: Slice = bytes("content_security.check_failed");

const enum Stage {
  /** Nothing is looked at. */
  Idle,
  /** A body is held until it is complete. */
  Reads,
  /** It is complete, and a judge is asked. */
  Asks,
  /** Events are let through as they are judged. */
  Streams,
}

/**
 * One request and its answer:
 *
 *   body complete ─► texts ─► exam ─► passed, masked ─► goes on
 *                                └──► denied ─────────► refusal
 */
@final
export class ContentStream extends HttpContext {
  private readonly audit: Audit;
  private readonly examiner: Examiner;
  private stage: Stage = Stage.Idle;
  private phase: Phase = Phase.Request;
  private texts: Texts | null = null;
  private exam: Exam | null = null;
  private gate: StreamGate | null = null;
  private readonly consumer: Slice;
  /** The client waits for events. */
  private wantsStream: bool = false;

  constructor(
    id: u32,
    private readonly config: SecurityConfig,
    private readonly metrics: Metrics,
    private readonly log: PluginLog,
  ) {
    super(id);
    const header = requestHeaders.get(CONSUMER_HEADER);
    const consumer = header === null ? NO_BYTES : header.copy();
    const audit = new Audit(log);
    const thresholds = config.consumers.thresholdsOf(consumer);
    this.consumer = consumer;
    this.audit = audit;
    this.examiner = new Examiner(id, config.backends, thresholds, audit, metrics, log);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    keepRoute();
    const config = this.config;
    if (isWebSocket()) {
      this.finish();
      return HeadersAction.Continue;
    }
    if (config.checksResponse) requestHeaders.remove(ACCEPT_ENCODING);
    if (!config.checksRequest || endOfStream) return HeadersAction.Continue;
    if (isUnreadable(requestHeaders)) {
      if (config.deniesUnreadable) this.refuse(null);
      return HeadersAction.Continue;
    }
    limitRequestBuffer(config.maxBodyBytes);
    this.stage = Stage.Reads;
    if (config.holdsHeaders) return HeadersAction.StopIteration;
    if (config.mayMask) requestHeaders.remove(CONTENT_LENGTH); // nothing can correct it later
    return HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (this.stage == Stage.Reads && endOfStream && !this.judge(requestBody.readAll())) {
      return DataAction.StopIterationAndBuffer;
    }
    return this.isHolding ? DataAction.StopIterationAndBuffer : DataAction.Continue;
  }

  /** A request with trailers has no end of its body. */
  override onRequestTrailers(): TrailersAction {
    const goesOn = this.stage != Stage.Reads || this.judge(requestBody.readAll());
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    this.stage = Stage.Idle;
    const config = this.config;
    if (this.hasReplied || !config.checksResponse || endOfStream) return HeadersAction.Continue;
    responseHeaders.load();
    const status = responseHeaders.get(STATUS);
    if (status === null || !status.equals(OK)) return HeadersAction.Continue;
    if (isUnreadable(responseHeaders)) return HeadersAction.Continue;
    this.phase = Phase.Response;
    const type = responseHeaders.get(CONTENT_TYPE);
    const isStream = type !== null && lowerCase(type).startsWith(EVENT_STREAM);
    if (!isStream) return this.holdResponse();
    this.audit.start();
    responseHeaders.remove(CONTENT_LENGTH);
    this.gate = new StreamGate(config, this.examiner, this.consumer);
    this.stage = Stage.Streams;
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    const gate = this.gate;
    if (this.stage == Stage.Streams && gate !== null) return this.gateBody(gate, size, endOfStream);
    if (this.stage == Stage.Reads && endOfStream && !this.judge(responseBody.readAll())) {
      return DataAction.StopIterationAndBuffer;
    }
    return this.isHolding ? DataAction.StopIterationAndBuffer : DataAction.Continue;
  }

  /** An answer with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    const gate = this.gate;
    let goesOn = true;
    if (this.stage == Stage.Streams && gate !== null) {
      goesOn = this.gateBody(gate, 0, true) == DataAction.Continue;
    } else if (this.stage == Stage.Reads) {
      goesOn = this.judge(responseBody.readAll());
    }
    return goesOn ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const exam = this.exam;
    const gate = this.gate;
    if (tag != this.phase) return; // about a request that was answered already
    if (this.stage == Stage.Streams && gate !== null) {
      gate.take(response);
      if (gate.isWaiting || !this.reach()) return;
      responseBody.replace(gate.release());
      this.resumeResponse();
      return;
    }
    if (this.stage != Stage.Asks || exam === null) return;
    const outcome = exam.take(response);
    if (outcome == Outcome.Pending || !this.reach() || !this.settle(exam, outcome)) return;
    if (this.phase == Phase.Request) this.resumeRequest();
    else this.resumeResponse();
  }

  private get isHolding(): bool {
    return this.stage == Stage.Reads || this.stage == Stage.Asks;
  }

  /** Higress gives filters behind this one what a local reply says; Envoy's body can only be replaced. */
  private holdResponse(): HeadersAction {
    limitResponseBuffer(this.config.maxBodyBytes);
    this.stage = Stage.Reads;
    if (this.holdsResponseHeaders) return HeadersAction.StopIteration;
    responseHeaders.remove(CONTENT_LENGTH);
    return HeadersAction.Continue;
  }

  private get holdsResponseHeaders(): bool {
    return isDefined(HIGRESS) || this.config.holdsHeaders;
  }

  /** A body is complete. @returns true: it goes on */
  private judge(body: Slice | null): bool {
    this.stage = Stage.Idle;
    const isRequest = this.phase == Phase.Request;
    if (body === null) return true;
    const texts = new Texts(body);
    if (isRequest) this.wantsStream = texts.wantsStream;
    const isFound = texts.takeFirst(isRequest ? this.config.requestPaths : this.config.responsePaths);
    if (!isFound) return true;
    if (isRequest) this.examiner.prompt = texts.whole();
    this.audit.start();
    this.examiner.service = this.config.consumers.serviceOf(this.consumer, this.phase);
    const exam = new Exam(this.examiner, this.phase, texts.whole());
    this.texts = texts;
    this.exam = exam;
    this.stage = Stage.Asks;
    this.metrics.checked.increment();
    return this.settle(exam, exam.proceed());
  }

  /** @returns true: what is held goes on */
  private settle(exam: Exam, outcome: Outcome): bool {
    if (outcome == Outcome.Pending) return false;
    this.stage = Stage.Idle;
    const isRequest = this.phase == Phase.Request;
    switch (outcome) {
      case Outcome.Denied:
        return this.refuse(exam.judgement);
      case Outcome.Masked:
        return !isRequest ? this.pass("response pass") : this.mask(exam.text);
      case Outcome.Failed:
        this.pass(isRequest ? "request error" : "response error");
        return !this.config.failsClosed || this.fail();
      default:
        return this.pass(isRequest ? "request pass" : "response pass");
    }
  }

  /** @returns true */
  private pass(status: string): bool {
    this.metrics.latency.record(this.audit.settle(this.phase, status));
    return true;
  }

  /** The request goes on with another text. @returns false: it could not be put in place */
  private mask(text: Slice): bool {
    const texts = this.texts;
    const body = requestBody.readAll();
    if (texts === null || body === null) return this.refuse(null);
    texts.spread(text);
    const edited = texts.edit(body);
    if (edited === null || !texts.isChanged) return this.refuse(null);
    requestBody.replace(edited);
    this.metrics.requestMasked.increment();
    return this.pass("request mask");
  }

  /**
   * Refuses what the phase is about.
   *
   * @param judgement null: nothing can be said of it
   * @returns true: what is held goes on, and is the refusal
   */
  private refuse(judgement: Judgement | null): bool {
    this.stage = Stage.Idle;
    const isRequest = this.phase == Phase.Request;
    const streams = isRequest && this.wantsStream;
    const refusal = new Refusal(this.config.deny, judgement, this.examiner.thresholds, streams);
    const status = isRequest ? "reqeust deny" : "response deny";
    this.metrics.latency.record(this.audit.settle(this.phase, status, judgement));
    if (isRequest) this.metrics.requestDenied.increment();
    else this.metrics.responseDenied.increment();
    if (!isRequest && !this.holdsResponseHeaders) {
      responseBody.replace(refusal.body());
      return true;
    }
    this.sendLocalReply(refusal.status, refusal.headers(), refusal.body(), refusal.details);
    return false;
  }

  /** No judge could be asked. @returns true: what is held goes on, and is the error */
  private fail(): bool {
    const body = openAiError(FAILURE, "server_error", "content_check_failed");
    if (this.phase == Phase.Response && !this.holdsResponseHeaders) {
      responseBody.replace(body);
      return true;
    }
    const headers = new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
    this.sendLocalReply(this.config.failCode, headers, body, FAILURE_DETAILS);
    return false;
  }

  private gateBody(gate: StreamGate, size: i32, endOfStream: bool): DataAction {
    const chunk = responseBody.read(0, size);
    gate.feed(chunk === null ? NO_BYTES : chunk, endOfStream);
    if (gate.isWaiting) {
      responseBody.replace(NO_BYTES);
      return DataAction.StopIterationAndBuffer;
    }
    responseBody.replace(gate.release());
    return DataAction.Continue;
  }
}
