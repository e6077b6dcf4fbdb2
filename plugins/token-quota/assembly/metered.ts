import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { addToLog } from "@ai-gateway-wasm/kit/log-number";
import { askReadably } from "@ai-gateway-wasm/llm/meter";
import { Reply } from "@ai-gateway-wasm/llm/refusal";
import { FailMode, StoreReply } from "@ai-gateway-wasm/store";
import {
  DataAction,
  HeadersAction,
  LogLevel,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { Account } from "./accounts";
import { QuotaConfig } from "./config";
import { countFor, Metrics, QuotaEvent } from "./metrics";
import { QUOTA_REMAINING, REMAINING_HEADER } from "./names";
import { Purse, Verdict } from "./purse";
import { Spending } from "./spending";
import { QuotaStream } from "./stream";

/**
 * One request that costs something:
 *
 *   headers ──► enough left? ──► upstream ──► read what was spent ──► charge, once
 *                    │no                            at the end of the response, at its trailers,
 *                    └─► refuse                     or when the stream is gone
 */
@final
export class MeteredRequest extends QuotaStream {
  private readonly spending: Spending;
  private readonly purse: Purse;
  /** Let in or refused: later answers of the store change nothing. */
  private isDecided: bool = false;
  /** Let in: what it spends counts. */
  private isAdmitted: bool = false;

  constructor(
    id: u32,
    private readonly config: QuotaConfig,
    /** Whose balances count; the first is the consumer's. Not empty. */
    private readonly accounts: Account[],
    private readonly isUnlimited: bool,
    private readonly log: PluginLog,
    private readonly metrics: Metrics,
  ) {
    super(id);
    const metering = config.metering;
    const spending = new Spending(metering, accounts[0].model, config.ledger.book !== null);
    const tokens = spending.reservation(smallestGrant(accounts));
    this.spending = spending;
    this.purse = new Purse(config.debts, accounts, metering.reservation, tokens);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    if (this.spending.readsResponse && this.config.metering.stripsAcceptEncoding) askReadably();
    const verdict = this.isUnlimited ? Verdict.Enough : this.purse.begin(this.calls);
    if (verdict == Verdict.Open) return HeadersAction.StopAllIterationAndWatermark;
    return this.decide(verdict);
  }

  override onRequestBody(size: i32, _endOfStream: bool): DataAction {
    this.spending.passRequest(size);
    return DataAction.Continue;
  }

  override onStoreReply(reply: StoreReply): void {
    const verdict = this.purse.receive(this.lingers ? null : this.calls, reply);
    if (this.lingers) {
      this.purse.giveBack();
      return this.finish();
    }
    if (verdict == Verdict.Open || this.isDecided) return;
    this.decide(verdict);
    if (this.isAdmitted) this.resumeRequest();
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    if (!this.isAdmitted) return HeadersAction.Continue;
    responseHeaders.load();
    const spending = this.spending;
    const readsBody = spending.expectResponse() && spending.readsResponse;
    const remaining = this.remaining();
    if (remaining !== null) responseHeaders.set(REMAINING_HEADER, remaining);
    if (endOfStream || !readsBody) this.settle();
    return HeadersAction.Continue;
  }

  override onResponseBody(size: i32, endOfStream: bool): DataAction {
    if (this.isAdmitted) {
      this.spending.feed(size);
      if (endOfStream) this.settle();
    }
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    if (this.isAdmitted) this.settle();
    return TrailersAction.Continue;
  }

  /** A client that leaves early pays for what came until then. */
  override onLog(): void {
    this.spending.isCut = true;
    if (this.isAdmitted) this.settle();
    else if (!this.isDecided) this.lingers = this.purse.isReserving;
  }

  /** The one place that turns a verdict into an action. */
  private decide(verdict: Verdict): HeadersAction {
    this.isDecided = true;
    if (verdict == Verdict.Unknown) return this.decideWithoutStore();
    if (this.purse.hasHeard) this.config.debts.pay();
    if (verdict == Verdict.Enough) return this.admit();
    return this.refuse(this.config.denial.noQuota(), true);
  }

  private decideWithoutStore(): HeadersAction {
    this.log.error("the balance is not known: " + this.purse.cause);
    countFor(this.accounts[0].name, QuotaEvent.Error);
    if (this.config.store.failMode == FailMode.Open) return this.admit();
    return this.refuse(this.config.denial.storeError(this.purse.reason), false);
  }

  private admit(): HeadersAction {
    this.isAdmitted = true;
    return HeadersAction.Continue;
  }

  /** @param isDenial too little is left; else nobody knows, which is counted already */
  private refuse(reply: Reply, isDenial: bool): HeadersAction {
    const isShadow = this.config.isShadow;
    const level = isShadow ? LogLevel.Info : LogLevel.Debug;
    if (this.log.wants(level)) {
      const name = this.accounts[0].name.toString();
      const words = isShadow ? '" would be refused' : '" is refused';
      this.log.write(level, 'consumer "' + name + words);
    }
    if (isShadow) {
      if (isDenial) this.metrics.shadowDenied.increment();
      return this.admit();
    }
    if (isDenial) {
      this.metrics.denied.increment();
      countFor(this.accounts[0].name, QuotaEvent.Reject);
    }
    const headers = reply.headers();
    const remaining = this.remaining();
    if (remaining !== null) headers.add(REMAINING_HEADER, remaining);
    return this.answer(reply, headers);
  }

  /** What the client is told to have left; null: nothing is told. */
  private remaining(): Slice | null {
    const purse = this.purse;
    if (!this.config.showsRemaining || !purse.knowsRemaining) return null;
    return bytes(decimal(max(0, purse.remaining)));
  }

  /** Charges what was spent, and is done with the request. */
  private settle(): void {
    this.isAdmitted = false;
    const config = this.config;
    const spending = this.spending;
    const purse = this.purse;
    spending.end();
    const amount = spending.amount;
    const isCharged = spending.isKnown && !this.isUnlimited;
    if (isCharged || purse.isReserving) purse.spend(amount);
    if (!spending.isRefused) config.ledger.record(this.accounts[0], spending.usage);
    if (isCharged) this.metrics.charged.increment(amount);
    else if (spending.isLost) this.metrics.uncounted.increment();
    if (config.logsRemaining && purse.knowsRemaining) {
      addToLog(QUOTA_REMAINING, purse.remainingAfter(amount));
    }
    this.finish();
  }
}

/** The smallest of what the balances begin with; 0: none begins by itself. */
function smallestGrant(accounts: Account[]): i64 {
  let smallest: i64 = 0;
  for (let i = 0; i < accounts.length; i++) {
    const granted = accounts[i].granted;
    if (granted > 0 && (smallest == 0 || granted < smallest)) smallest = granted;
  }
  return smallest;
}
