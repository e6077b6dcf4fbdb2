import { bytes, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  isUnreadable,
  isWebSocket,
  leaveRequestId,
  PluginLog,
  RequestFacts,
} from "@ai-gateway-wasm/kit";
import {
  DataAction,
  HeadersAction,
  HttpContext,
  LogLevel,
  monotonicNs,
  requestHeaders,
  responseBody,
  responseHeaders,
  setProperty,
  TrailersAction,
} from "proxy-wasm-as";
import { Answer } from "./answer";
import { Phase } from "./attribute";
import { StatisticsConfig } from "./config";
import { countRequest, Tally } from "./counting";
import { Dialog } from "./dialog";
import { EventAnswer } from "./event-answer";
import { recordHeaders } from "./header-attributes";
import { Caller, header, requestPath, saysJson, statusOfAnswer, typeOfAnswer } from "./facts";
import { LogRecord } from "./log-record";
import {
  API,
  BODY_TRUNCATED,
  CHAT_ROUND,
  FINISH,
  LLM,
  REQUEST_ID_HEADER,
  REQUEST_MODEL,
  SESSION_ID,
  SPAN_KIND,
  SPAN_REQUEST_MODEL,
} from "./names";
import { CLIENT_ABORT, COMPLETE, LOCAL_REPLY, statusAtEnd, whyIncomplete } from "./outcome";
import { recordAnswer } from "./answer-record";
import { RequestReader } from "./request";
import { countTruncated, countUnreadable, noteMemory } from "./self-metrics";
import { setExtraTags, UsageTags } from "./span";
import { WholeAnswer } from "./whole-answer";

/** In the peer's words. */
const NO_USAGE: string = "get usage information failed, skip metric record";
const EVENT_STREAM: Slice = bytes("text/event-stream");
const MILLISECOND: u64 = 1_000_000;

const enum Stage {
  /** The request did not reach this filter. */
  Unseen,
  Request,
  Response,
  /** Written and counted, or none of our business. */
  Over,
}

/**
 * One request that is watched, and held only where `include_usage` asks for it:
 *
 *   headers ─► who asks ─► body passes ─► answer passes ─► written and counted, once: at the end of
 *                 │                            │           the answer, or when the stream is gone
 *                 └─ the path is of no interest └─ nor is the content type
 */
@final
export class Statistics extends HttpContext {
  private readonly record: LogRecord;
  private readonly tally: Tally = new Tally();
  private readonly tags: UsageTags = new UsageTags();
  private stage: Stage = Stage.Unseen;
  private isUpgrade: bool = false;
  private path: Slice = NO_BYTES;
  private requestId: Slice = NO_BYTES;
  private startNs: u64 = 0;
  private firstNs: u64 = 0;
  /** Null: the body is not read, or it is complete. */
  private request: RequestReader | null = null;
  private answer: Answer | null = null;
  /** Null: nobody wants to know what is talked about. */
  private dialog: Dialog | null = null;

  constructor(
    id: u32,
    private readonly config: StatisticsConfig,
    private readonly log: PluginLog,
  ) {
    super(id);
    this.record = new LogRecord(config);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    if (!this.begin(header(this.config.consumerHeader))) {
      this.finish();
      return HeadersAction.Continue;
    }
    this.startNs = monotonicNs();
    this.isUpgrade = isWebSocket();
    if (!endOfStream && !this.isUpgrade && !isUnreadable(requestHeaders)) {
      this.request = new RequestReader(this.config, this.path, this.dialog !== null);
    }
    return HeadersAction.Continue;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    const request = this.request;
    if (request === null) return DataAction.Continue;
    const action = request.pass(size, endOfStream);
    if (endOfStream) this.endRequest();
    return action;
  }

  override onRequestTrailers(): TrailersAction {
    const request = this.request;
    if (request !== null) request.passTrailers();
    this.endRequest();
    return TrailersAction.Continue;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    if (this.stage != Stage.Request) return HeadersAction.Continue;
    this.stage = Stage.Response;
    this.endRequest(); // an answer may come before its request is complete
    responseHeaders.load();
    this.tally.status = statusOfAnswer();
    const type = typeOfAnswer();
    if (!this.config.wantsType(type)) {
      this.forget();
      return HeadersAction.Continue;
    }
    this.tally.isStream = type.find(EVENT_STREAM) >= 0;
    recordHeaders(this.record, this.config, Phase.ResponseHeader);
    if (!this.isUpgrade && !isUnreadable(responseHeaders)) this.answer = this.openAnswer(type);
    if (endOfStream) this.settle(COMPLETE);
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.Response) return DataAction.Continue;
    const answer = this.answer;
    if (answer !== null) {
      if (this.firstNs == 0 && this.tally.isStream) this.firstNs = monotonicNs();
      const chunk = size > 0 ? responseBody.peek(size) : null;
      if (chunk !== null) answer.feed(chunk);
      if (this.tally.isStream) this.tags.update(answer.usage);
    }
    if (endOfStream) this.settle(COMPLETE);
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    if (this.stage == Stage.Response) this.settle(COMPLETE);
    return TrailersAction.Continue;
  }

  /** What did not come to its end, and what never came here. */
  override onLog(): void {
    if (this.stage == Stage.Unseen) this.noteUnseen();
    else if (this.stage != Stage.Over) this.settleLate();
    const dialog = this.dialog;
    if (dialog !== null) dialog.write(this.tally, this.answer);
  }

  /** Takes down who asks; false: the path is of no interest. */
  private begin(consumer: Slice): bool {
    const path = requestPath();
    if (!this.config.paths.matches(path)) return false;
    const caller = new Caller(path, consumer);
    this.path = caller.path;
    this.tally.route = caller.route;
    this.tally.cluster = caller.cluster;
    this.tally.consumer = caller.consumer;
    this.requestId = header(REQUEST_ID_HEADER).copy();
    this.record.setText(API, caller.api);
    this.noteSession();
    this.stage = Stage.Request;
    setProperty(SPAN_KIND, LLM); // an attribute may say otherwise
    recordHeaders(this.record, this.config, Phase.Fixed);
    recordHeaders(this.record, this.config, Phase.RequestHeader);
    const dialog = this.config.dialog;
    if (dialog !== null && dialog.wants(caller.consumer)) {
      this.dialog = new Dialog(dialog, caller);
    }
    return true;
  }

  private noteSession(): void {
    const headers = this.config.sessionHeaders;
    for (let i = 0; i < headers.length; i++) {
      const session = header(headers[i]);
      if (session.isEmpty) continue;
      this.record.setText(SESSION_ID, session);
      return;
    }
  }

  /** The request's body is complete, or what matters of it. */
  private endRequest(): void {
    const request = this.request;
    if (request === null) return;
    this.request = null;
    if (!request.hasBytes) return;
    request.end();
    const attributes = this.config.attributes;
    for (let i = 0; i < attributes.length; i++) {
      const attribute = attributes[i];
      if (attribute.isReadIn(Phase.RequestBody))
        this.record.put(attribute, request.find(attribute));
    }
    this.record.setInteger(CHAT_ROUND, request.rounds);
    const model = request.modelFor(this.path);
    this.tally.requestModel = model;
    if (!model.isEmpty) setProperty(SPAN_REQUEST_MODEL, model);
    if (this.config.writesExtra) this.record.setText(REQUEST_MODEL, model);
    if (request.isTruncated) this.noteTruncated();
    if (request.isBroken) countUnreadable(1);
    const dialog = this.dialog;
    if (dialog !== null) dialog.ask(request);
  }

  private openAnswer(type: Slice): Answer {
    const dialog = this.dialog !== null ? this.config.dialog : null;
    const model = this.tally.requestModel;
    if (this.tally.isStream) return new EventAnswer(this.config, dialog, model);
    return new WholeAnswer(this.config, dialog, model, saysJson(type));
  }

  /** The content type is of no interest: what the request said is all there is. */
  private forget(): void {
    this.stage = Stage.Over;
    this.dialog = null;
    this.record.write(this.log);
    this.finish();
  }

  /** The one place that writes and counts. */
  private settle(finish: Slice): void {
    this.stage = Stage.Over;
    this.endRequest();
    const tally = this.tally;
    tally.finish = finish;
    const isComplete = finish.equals(COMPLETE);
    const answer = this.endAnswer();
    if (answer !== null) {
      this.tags.update(answer.usage);
      recordAnswer(this.record, this.config, tally, answer);
      if (answer.isTruncated) this.noteTruncated();
      if (answer.dropped > 0) this.tellDropped(answer.dropped);
      if (isComplete || tally.isStream) countUnreadable(answer.unreadable);
    }
    if (this.config.tagsExtra) setExtraTags(this.path, tally, this.record);
    if (!isComplete || this.config.writesExtra) this.record.setText(FINISH, finish);
    if (this.config.metrics.labelsAtEnd) this.labelAgain();
    tally.readsUsage = this.config.readsUsage;
    tally.countsUsage = isComplete || this.config.metrics.countsIncomplete;
    this.record.write(this.log);
    this.count();
    noteMemory();
    if (this.dialog === null) this.finish();
  }

  /** The stream is gone before its answer came to an end, or passed by here at all. */
  private settleLate(): void {
    let finish = this.isUpgrade ? COMPLETE : whyIncomplete();
    if (this.stage == Stage.Request) {
      // Higress 2.1 and 2.2 take a reply that replaces an answer past the filters before.
      this.tally.status = statusAtEnd();
      const dialog = this.dialog;
      if (this.tally.status != 0 && !finish.equals(CLIENT_ABORT)) finish = LOCAL_REPLY;
      else if (dialog !== null) dialog.isUnanswered = true;
    }
    this.settle(finish);
  }

  /** What is known of the answer; null: there was none, or it has nothing to say. */
  private endAnswer(): Answer | null {
    const answer = this.answer;
    if (answer === null) return null;
    answer.end();
    const tally = this.tally;
    // The peer looks for the status when gateways have forgotten it (ai-statistics contract D20).
    if (answer.isBlank && tally.isStream && tally.status >= 400) answer.hasFailed = true;
    else if (answer.isBlank) return null;
    const now = monotonicNs();
    tally.answer = answer;
    tally.serviceMs = <i64>((now - this.startNs) / MILLISECOND);
    if (tally.isStream && this.firstNs != 0) tally.firstTokenMs = this.since(this.firstNs);
    if (answer.firstContentNs != 0) tally.firstContentMs = this.since(answer.firstContentNs);
    return answer;
  }

  private since(ns: u64): i64 {
    return <i64>((ns - this.startNs) / MILLISECOND);
  }

  /**
   * A filter before this one answered, or the gateway itself. Who asks is not known: the filter may be
   * the one that did not believe what the client claims to be.
   */
  private noteUnseen(): void {
    requestHeaders.load();
    if (!this.begin(NO_BYTES)) return;
    this.stage = Stage.Over;
    const status = statusAtEnd(); // without one there are no headers of an answer to ask
    if (!this.config.wantsType(status == 0 ? NO_BYTES : typeOfAnswer())) {
      this.dialog = null;
      return;
    }
    const tally = this.tally;
    tally.status = status;
    tally.finish = tally.status == 0 ? whyIncomplete() : LOCAL_REPLY;
    this.record.setText(FINISH, tally.finish);
    this.record.write(this.log);
    countRequest(tally, this.record, this.config.metrics);
  }

  /** Another plugin or a retry may have changed where the request went. */
  private labelAgain(): void {
    const cluster = new RequestFacts().cluster;
    if (!cluster.isEmpty) this.tally.cluster = cluster.copy();
  }

  /** Counts it, and says when nobody told what it took. Its headers are gone by now. */
  private count(): void {
    const tally = this.tally;
    if (countRequest(tally, this.record, this.config.metrics)) return;
    if (tally.answer === null || !tally.readsUsage || !tally.countsUsage) return;
    if (!this.log.wants(LogLevel.Info)) return;
    leaveRequestId(this.requestId);
    this.log.info(NO_USAGE);
  }

  /** In the peer's words. */
  private tellDropped(events: i32): void {
    if (!this.log.wants(LogLevel.Debug)) return;
    this.log.debug(
      "ai-statistics: sse framer discarded " +
        decimal(events) +
        " oversized incomplete event(s) during this request",
    );
  }

  private noteTruncated(): void {
    this.record.setTrue(BODY_TRUNCATED);
    countTruncated();
  }
}
