import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  isEncoded,
  isWebSocket,
  keepRoute,
  limitRequestBuffer,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import { askReadably } from "@ai-gateway-wasm/llm/meter";
import { Reply } from "@ai-gateway-wasm/llm/refusal";
import {
  BucketState,
  NO_STATES,
  StoreCalls,
  StoreCommand,
  StoreReply,
  StoreStream,
} from "@ai-gateway-wasm/store";
import { Charge, Check, Reserve, Settle } from "@ai-gateway-wasm/store/buckets";
import {
  DataAction,
  HeadersAction,
  requestBody,
  requestHeaders,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { AMBIGUOUS, isRecoded, readBodyModel } from "./body-model";
import { LimitConfig } from "./config";
import { noteDenial } from "./denial-log";
import { HeaderStyle, limitHeaders, refusalHeaders } from "./limit-headers";
import { countFor, LimitEvent, Metrics } from "./metrics";
import { CONTENT_TYPE, MODEL_HEADER } from "./names";
import { Matched } from "./rules";
import { Spending, UNKNOWN } from "./spending";
import { injectUsage, isForCompletions } from "./usage-request";
import { CLOSED, judge } from "./verdict";

/** As much as gateways hand over at once: a body that is too long is our answer, not theirs. */
const READ: i64 = 1048576;

/** What a store reply answers. */
const enum Ask {
  Admit,
  /** Nobody waits for these answers. */
  Spend,
}

const enum Stage {
  Begun,
  /** Held until its body is complete. */
  HoldsBody,
  /** Held until the store answers. */
  Waits,
  /** Let through: what it spends counts. */
  Goes,
  /** Gone before the store answered. */
  Abandoned,
  /** Refused, charged, or none of our business. */
  Over,
}

/**
 * One request that is held against limits:
 *
 *   headers ─► which limits? ─► store ─► upstream ─► read what was spent ─► charge, once: at the end
 *                  │              │                  of the response, at its trailers, or when the
 *                  └─► body ──────┤                  stream is gone
 *                                 └─► refuse
 */
@final
export class TokenRateLimit extends StoreStream {
  private readonly spending: Spending;
  private stage: Stage = Stage.Begun;
  /** Null: not known yet, or there are none. */
  private matched: Matched | null = null;
  /** Null: nothing is reserved. */
  private reservation: Reserve | null = null;
  /** How full the limits are, for the response's headers. */
  private states: BucketState[] = NO_STATES;

  constructor(
    id: u32,
    private readonly config: LimitConfig,
    /** The root's: charges outlive the stream. */
    private readonly rootCalls: StoreCalls,
    private readonly log: PluginLog,
    private readonly metrics: Metrics,
  ) {
    super(id);
    this.spending = new Spending(config.metering);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    keepRoute();
    const config = this.config;
    const hasBody = !endOfStream && !isWebSocket();
    const mayHold = hasBody && config.holdsHeaders;
    const model = routedModel();
    if (mayHold && model === null && config.rules.needsModel) {
      return this.hold(config.rejection.modelUnclear);
    }
    if (!this.match(model)) return HeadersAction.Continue;
    if (hasBody) this.spending.expectRequest();
    const reads = config.metering.reservation.readsBody;
    if (mayHold && (reads || (this.injects && !isEncoded(requestHeaders)))) {
      return this.hold(config.rejection.bodyUnread);
    }
    this.admit();
    return this.headersAction();
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.HoldsBody) {
      this.spending.passRequest(size);
      // More than may be kept: let the client wait.
      return this.isReleased ? DataAction.Continue : DataAction.StopIterationAndWatermark;
    }
    if (<i64>size > this.config.maxBodyBytes) this.giveUpBody(this.config.rejection.bodyTooLarge);
    else if (endOfStream) this.readBody();
    return this.isReleased ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    if (this.stage == Stage.HoldsBody) this.readBody();
    return this.isReleased ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  override onStoreReply(reply: StoreReply): void {
    if (this.stage == Stage.Abandoned) {
      this.giveBack();
    } else if (this.stage == Stage.Waits) {
      this.decide(reply);
      if (this.isReleased) this.resumeRequest();
    }
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    if (this.stage != Stage.Goes) return HeadersAction.Continue;
    responseHeaders.load();
    const readsBody = this.spending.expectResponse();
    if (this.config.headerStyle != HeaderStyle.None) this.tellLimits();
    if (endOfStream || !readsBody) this.settle();
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.Goes) return DataAction.Continue;
    this.spending.feed(size);
    if (endOfStream) this.settle();
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    if (this.stage == Stage.Goes) this.settle();
    return TrailersAction.Continue;
  }

  /** A client that leaves early pays for what came until then. */
  override onLog(): void {
    this.spending.isCut = true;
    if (this.stage == Stage.Goes) return this.settle();
    if (this.stage == Stage.Waits && this.reservation !== null) {
      this.stage = Stage.Abandoned;
      this.lingers = true;
    }
  }

  /** Whether the request may leave this filter. */
  private get isReleased(): bool {
    return this.stage == Stage.Goes || (this.stage == Stage.Over && !this.hasReplied);
  }

  /** Hosts ignore the number after a local reply; that of the peer is Continue. */
  private headersAction(): HeadersAction {
    const holds = this.stage == Stage.Waits || this.isStuck;
    return holds ? HeadersAction.StopAllIterationAndWatermark : HeadersAction.Continue;
  }

  /** Finds the limits of the request. False: there are none, and nothing more to do. */
  private match(model: Slice | null): bool {
    if (model !== null) this.spending.model = model.kept();
    const matched = this.config.rules.match(model);
    this.matched = matched;
    if (matched !== null) return true;
    this.stage = Stage.Over;
    this.finish();
    return false;
  }

  /** The request is to ask for its usage. */
  private get injects(): bool {
    return this.config.injectsUsage && isForCompletions();
  }

  /** @param unread the refusal of a body that cannot be read */
  private hold(unread: Reply): HeadersAction {
    if (isEncoded(requestHeaders)) return this.giveUpBody(unread);
    const most = this.config.maxBodyBytes;
    if (announcedLength() > most) return this.giveUpBody(this.config.rejection.bodyTooLarge);
    limitRequestBuffer(most + READ);
    this.stage = Stage.HoldsBody;
    return HeadersAction.StopIteration;
  }

  /** The body is complete, and the headers are still held. */
  private readBody(): void {
    requestHeaders.load();
    const found = requestBody.readAll();
    const body = found === null ? NO_BYTES : found;
    if (this.matched === null) {
      const type = requestHeaders.get(CONTENT_TYPE);
      const model = readBodyModel(body, type === null ? NO_BYTES : type);
      if (model === AMBIGUOUS) {
        this.giveUpBody(this.config.rejection.modelUnclear);
        return;
      }
      if (!this.match(model)) return;
      this.spending.expectRequest();
    }
    const policy = this.config.metering.reservation;
    if (policy.readsBody && isRecoded(body)) {
      this.giveUpBody(this.config.rejection.bodyUnread);
      return;
    }
    this.spending.readRequest(body, policy.isOn);
    if (this.injects) injectUsage(body);
    this.admit();
  }

  /** The body cannot tell what it has to. In shadow the limits hold that are known without it. */
  private giveUpBody(refusal: Reply): HeadersAction {
    if (!this.config.isShadow) {
      this.refuse(refusal, []);
    } else {
      this.metrics.shadowDenied.increment();
      requestHeaders.load();
      if (this.matched !== null || this.match(null)) {
        this.spending.expectRequest();
        this.admit();
      }
    }
    return this.headersAction();
  }

  /** Asks the store whether the limits let the request in. */
  private admit(): void {
    const config = this.config;
    const matched = this.matched;
    if (matched === null) return;
    if (config.stripsAcceptEncoding) askReadably();
    const policy = config.metering.reservation;
    let reply: StoreReply | null;
    if (policy.isOn) {
      const reserve = this.spending.reserve(Ask.Admit, matched.buckets, policy.isStrict);
      this.reservation = reserve;
      reply = config.store.ask(this.calls, reserve);
    } else {
      reply = config.store.ask(this.calls, new Check(Ask.Admit, matched.buckets, config.isFlat));
    }
    if (reply === null) this.stage = Stage.Waits;
    else this.decide(reply);
  }

  /** The one place that turns an answer of the store into what becomes of the request. */
  private decide(reply: StoreReply): void {
    const matched = this.matched;
    if (matched === null) return;
    this.states = reply.states;
    if (reply.hasFailed) countFor(LimitEvent.Error, this.config.consumerHeader);
    const verdict = judge(this.config, matched, reply, this.log);
    if (verdict >= 0) return this.deny(matched, verdict);
    if (verdict == CLOSED && !this.config.isShadow) {
      return this.refuse(this.config.rejection.storeUnavailable, []);
    }
    const reservation = this.reservation;
    if (reservation !== null && reservation.isHeld) {
      this.metrics.reserved.increment(reservation.tokens);
    }
    this.stage = Stage.Goes;
  }

  /** @param index of the limit that has no room */
  private deny(matched: Matched, index: i32): void {
    const config = this.config;
    noteDenial(config, matched.limits[index], this.log);
    if (config.isShadow) {
      this.metrics.shadowDenied.increment();
      this.stage = Stage.Goes;
      return;
    }
    const headers = refusalHeaders(config.headerStyle, matched, this.states, index);
    this.refuse(config.rejection.limited, headers);
    countFor(LimitEvent.Refusal, config.consumerHeader);
  }

  /** The one place that answers instead of the upstream. */
  private refuse(reply: Reply, more: Slice[]): void {
    const headers = reply.headers();
    for (let i = 0; i < more.length; i += 2) headers.add(more[i], more[i + 1]);
    this.stage = Stage.Over;
    if (this.sendLocalReply(reply.status, headers.build(), reply.body, reply.details)) {
      this.finish();
    }
  }

  private tellLimits(): void {
    const matched = this.matched;
    if (matched === null) return;
    const headers = limitHeaders(this.config.headerStyle, matched, this.states);
    for (let i = 0; i < headers.length; i += 2) responseHeaders.set(headers[i], headers[i + 1]);
  }

  /** Counts what was spent, and is done with the request. */
  private settle(): void {
    this.stage = Stage.Over;
    const spent = this.spending.finish();
    const reservation = this.reservation;
    if (reservation !== null && reservation.isHeld) this.correct(reservation, spent);
    else if (spent != UNKNOWN) this.charge(spent);
    else if (this.spending.isLost) this.metrics.countUncounted(this.spending.reason);
    this.finish();
  }

  private charge(spent: i64): void {
    const matched = this.matched;
    if (matched === null) return;
    const isUnlimited = this.config.metering.chargesAbove;
    this.spend(new Charge(Ask.Spend, matched.buckets, spent, isUnlimited), spent);
  }

  private correct(reservation: Reserve, spent: i64): void {
    const difference = spent - reservation.tokens;
    if (this.spend(new Settle(Ask.Spend, reservation, difference), spent)) {
      this.metrics.refunded.increment(-difference);
    }
  }

  /** Has the store count what was spent. False: it was not even asked. */
  private spend(command: StoreCommand, tokens: i64): bool {
    const reply = this.config.store.ask(this.rootCalls, command);
    if (reply !== null && reply.hasFailed) {
      this.log.error("redis call failed: " + reply.cause);
      return false;
    }
    this.metrics.charged.increment(tokens);
    return true;
  }

  /** The store took tokens for a request that nobody waits for any more. */
  private giveBack(): void {
    const reservation = this.reservation;
    if (reservation !== null && reservation.isHeld) {
      this.metrics.reserved.increment(reservation.tokens);
      this.correct(reservation, 0);
    }
    this.finish();
  }
}

/** The model as model-router found it, or null. */
function routedModel(): Slice | null {
  const model = requestHeaders.get(MODEL_HEADER);
  return model === null || model.isEmpty ? null : model;
}
