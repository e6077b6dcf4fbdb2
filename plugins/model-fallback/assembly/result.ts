import { Builder, decimal, digits, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, LogLevel, responseHeaders, setProperty } from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { Breaker } from "./breaker";
import { Chain, Link } from "./chain";
import { ChainNote } from "./chain-note";
import { nowMs } from "./clock";
import { Exposure, Served } from "./exposure";
import { countFallback } from "./metrics";
import {
  FROM_PROPERTY,
  RETRY_AFTER,
  RETRY_AFTER_PROPERTY,
  SERVED_PROPERTY,
  TRACE_PROPERTY,
} from "./names";
import {
  BREAKER_OPEN,
  classOf,
  FailureClass,
  NO_HOST,
  NOT_ELIGIBLE,
  OK,
  statusReason,
} from "./reason";
import { Trace } from "./trace";

const NO_BREAKER: Breaker | null = null;

/**
 * What becomes of one attempt, and who is told: the trace, metrics, the breaker, and of a good one
 * the client.
 */
@final
export class Result {
  /** Null: the endpoint is none of this chain's targets. */
  private readonly link: Link | null;

  constructor(
    private readonly chain: Chain,
    private readonly note: ChainNote,
    private readonly attempt: Attempt,
    /** The attempts before this one. */
    private readonly trace: Trace,
    private readonly startMs: i64,
  ) {
    const link = chain.find(attempt.target.name);
    this.link = link;
    if (link !== null) link.metrics.attempts.increment();
  }

  get lastedMs(): i64 {
    return nowMs() - this.startMs;
  }

  /**
   * The attempt has failed.
   *
   * @param status 0: there was no answer
   * @param counts false: by the configuration it is no failure, and no matter of the breaker
   */
  fail(reason: Slice, status: i32, counts: bool = true): void {
    const wait = status > 0 ? secondsOf(responseHeaders.get(RETRY_AFTER)) : 0;
    this.failAndWait(reason, status, wait, counts);
  }

  /** The same for an answer that is not the running response. @param wait seconds, 0: it does not say */
  failAndWait(reason: Slice, status: i32, wait: i64, counts: bool = true): void {
    this.record(reason);
    if (wait > 0) noteWait(wait);
    const link = this.link;
    if (link === null) return;
    const kind = classOf(reason);
    link.metrics.countFailure(kind);
    const breaker = this.breakerOf(link);
    // What the gateway answers in a target's place has no status of the target's.
    const own = kind <= FailureClass.Status5xx ? status : 0;
    if (breaker !== null && counts) breaker.fail(this.isProbe, own, wait * 1000);
  }

  /** The answer broke off after the client got its beginning. */
  breakOff(reason: Slice): void {
    const link = this.link;
    if (link === null) return;
    link.metrics.countFailure(classOf(reason));
    const breaker = this.breakerOf(link);
    if (breaker !== null) breaker.fail(this.isProbe, 0, 0);
  }

  /** The client left before the attempt was over: that is nobody's failure. */
  abandon(reason: Slice): void {
    this.record(reason);
  }

  /** The answer came, and nobody was there any more. */
  waste(tokens: i64): void {
    const link = this.link;
    if (link !== null) link.metrics.wastedTokens.increment(tokens);
  }

  /**
   * The gateway answered in the target's place, by the configuration that is final, and no matter of the
   * breaker.
   *
   * @param reason null: it was another plugin, or a route; that says nothing of the target
   */
  endByGateway(reason: Slice | null): void {
    if (reason !== null) this.failAndWait(reason, 0, 0, false);
  }

  /** The answer goes to the client. The headers of the response can be edited. */
  serve(status: i32, exposure: Exposure): void {
    exposure.tell(responseHeaders, this.succeed(status));
  }

  /** The same for an answer that is not the running response. @returns what clients are told */
  succeed(status: i32): Served {
    const name = this.attempt.target.name;
    const before = this.trace.firstFailure;
    this.addToTrace(status < 400 ? OK : statusReason(status));
    this.trace.publish();
    const served = new Served(name, this.attempt.model, this.trace.count);
    const primary = this.chain.primaryOf(this.trace);
    if (!name.equals(primary)) {
      served.from = primary;
      served.reason = before === null ? this.reasonForSkip() : before.reason;
      this.announce(served, status);
    }
    setProperty(SERVED_PROPERTY, name);
    const link = this.link;
    if (link === null) return served;
    link.metrics.success.increment();
    link.metrics.firstTokenMs.record(<u64>max<i64>(0, this.lastMs));
    const breaker = this.breakerOf(link);
    if (breaker !== null) breaker.succeed(this.isProbe, this.trace.count > 1);
    return served;
  }

  private get isProbe(): bool {
    return this.note.isProbe(this.attempt.target.name);
  }

  /** Who is to learn of it, if anybody. */
  private breakerOf(link: Link): Breaker | null {
    return this.note.optedOut ? NO_BREAKER : link.breaker;
  }

  private get lastMs(): i64 {
    const last = this.trace.last;
    return last === null ? 0 : last.ms;
  }

  /** A breaker or a rule left the primary out, or Envoy did because it has no host. */
  private reasonForSkip(): Slice {
    const expected = this.note.targets;
    const isExpected = expected.length > 0 && expected[0].equals(this.chain.primary);
    if (isExpected) return NO_HOST;
    return this.note.leftOut ? NOT_ELIGIBLE : BREAKER_OPEN;
  }

  private announce(served: Served, status: i32): void {
    const log = this.chain.log;
    setProperty(FROM_PROPERTY, served.from);
    this.chain.metrics.fallbackServed.increment();
    countFrom(this.chain, served.from, this.note.model, true);
    if (status == 400) {
      log.warn("target " + served.target.toString() + " rejected the rewritten request");
    }
    if (!log.wants(LogLevel.Info)) return;
    const way = served.from.toString() + " -> " + served.target.toString();
    const why = " reason=" + served.reason.toString() + " attempts=" + decimal(served.attempts);
    const where = this.attempt.target.isExternal ? " external" : "";
    log.info("fallback " + this.chain.name.toString() + ": " + way + why + where);
  }

  private record(reason: Slice): void {
    this.addToTrace(reason);
    setProperty(TRACE_PROPERTY, this.trace.toJson());
  }

  private addToTrace(reason: Slice): void {
    this.trace.add(this.attempt.target.name, reason, this.lastedMs);
  }
}

/**
 * Every target of a chain has failed.
 *
 * @param model as the client names it
 * @returns what the client is told besides the error
 */
export function tellAllFailed(chain: Chain, trace: Trace, model: Slice): Served {
  const served = new Served(NO_BYTES, NO_BYTES, trace.count);
  const first = trace.firstFailure;
  served.from = chain.primaryOf(trace);
  if (first !== null) served.reason = first.reason;
  chain.metrics.allFailed.increment();
  if (chain.log.wants(LogLevel.Info)) {
    const text = new Builder().appendText("fallback ").append(chain.name);
    trace.appendTo(text.appendText(": all failed"));
    chain.log.info(text.view().toString());
  }
  countFrom(chain, served.from, model, false);
  setProperty(FROM_PROPERTY, served.from);
  trace.publish();
  return served;
}

/** The first target did not answer. @param model as the client names it */
function countFrom(chain: Chain, from: Slice, model: Slice, isServed: bool): void {
  const link = chain.find(from);
  if (link === null) return;
  const target = link.target;
  // In a composite cluster targets need no cluster of their own.
  const cluster = target.cluster.isEmpty ? target.name : target.cluster;
  countFallback(cluster, target.modelFor(model), isServed);
}

/** Seconds that an answer asks to wait; 0: it does not say, or gives a date. */
export function secondsOf(text: Slice | null): i64 {
  const seconds = text === null ? 0 : parseInteger(text);
  return seconds < 0 || seconds > 86400 ? 0 : seconds;
}

/** Remembers the shortest wait, for the answer when all have failed. */
function noteWait(seconds: i64): void {
  const known = getProperty(RETRY_AFTER_PROPERTY);
  const shortest = known === null ? NO_BYTES : known;
  if (shortest.isEmpty || seconds < parseInteger(shortest)) {
    setProperty(RETRY_AFTER_PROPERTY, digits(seconds));
  }
}
