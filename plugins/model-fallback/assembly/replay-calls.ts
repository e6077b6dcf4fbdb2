import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { Link } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice } from "./choice";
import { nowMs } from "./clock";
import { FallbackConfig } from "./config";
import { isCutOff } from "./ending";
import { NO_HOST, RESET_MID_STREAM } from "./reason";
import { ReplayRequest } from "./replay-request";
import { Result, secondsOf } from "./result";
import { findRouterReason } from "./router-details";
import { Trace } from "./trace";

/** The targets one request of `replay` is sent to, one after the other. */
@final
export class ReplayCalls {
  readonly trace: Trace = new Trace();
  /** Of the attempt that runs; null: there was none. */
  result: Result | null = null;
  /** The shortest wait that a failed target asked for, in seconds; 0: none. */
  retryAfter: i64 = 0;
  /** What the running call may take. */
  timeoutMs: i32 = 0;
  /** Targets that were asked or left out. */
  private next: i32 = 0;
  /** Where the next attempts may go; empty: anywhere. */
  private allowed: Slice[] = [];
  private readonly beganMs: i64 = nowMs();

  constructor(
    private readonly config: FallbackConfig,
    readonly choice: Choice,
    private readonly note: ChainNote,
    /** Null: there is no target but the first. */
    private readonly request: ReplayRequest | null,
    /** The stream that waits for answers. */
    private readonly owner: u32,
  ) {}

  /** As the client names it. */
  get model(): Slice {
    return this.note.model;
  }

  /** The running request goes to the first target. @returns what it is to send */
  startFirst(): Attempt {
    const attempt = new Attempt(this.choice.links[0].target, this.note.model, this.note.consumer);
    this.next = 1;
    this.result = this.begin(attempt);
    return attempt;
  }

  /** Asks the next target that may be asked. @returns false: there is none */
  askNext(): bool {
    const request = this.request;
    const links = this.choice.links;
    while (request !== null && this.next < links.length) {
      const link = links[this.next++];
      const timeout = this.timeoutOf(link);
      if (timeout < 0 || !this.mayAsk(link)) continue;
      const attempt = new Attempt(link.target, this.note.model, this.note.consumer);
      const result = this.begin(attempt);
      this.result = result;
      this.timeoutMs = timeout;
      if (request.send(attempt, this.config.modelKey, this.owner, timeout) == Status.Ok)
        return true;
      result.failAndWait(NO_HOST, 0, 0);
    }
    return false;
  }

  /**
   * The running attempt has failed.
   *
   * @param status 0: there was no answer
   * @param wait what its answer has as `retry-after`
   * @returns true: it took so long that a further attempt would come too late
   */
  fail(reason: Slice, status: i32, wait: Slice | null): bool {
    const result = this.result;
    if (result === null) return true;
    const within = this.config.errors.withinMs;
    const isLate = within > 0 && result.lastedMs > within;
    const seconds = secondsOf(wait);
    if (seconds > 0 && (this.retryAfter == 0 || seconds < this.retryAfter))
      this.retryAfter = seconds;
    result.failAndWait(reason, status, seconds);
    return isLate;
  }

  /** The gateway answers in the running attempt's place, and that is final. */
  endByGateway(details: Slice): void {
    const result = this.result;
    if (result !== null) result.endByGateway(findRouterReason(details));
  }

  /** A rule about the body of a failed answer may say where such a request is to go. */
  restrict(status: i32, body: Slice): void {
    const rule = this.config.errors.findBodyFailure(status, body);
    if (rule !== null) this.allowed = rule.targets;
  }

  /**
   * The request is over: what its breakers were promised is given back.
   *
   * @param isCut the answer of the first target began, and nobody saw its end
   */
  end(isCut: bool): void {
    const result = this.result;
    if (isCut && result !== null && isCutOff()) result.breakOff(RESET_MID_STREAM);
    if (this.choice.probes.length > 0) this.choice.giveBack();
  }

  private begin(attempt: Attempt): Result {
    return new Result(this.choice.chain, this.note, attempt, this.trace, nowMs());
  }

  /** Rules, and the target's breaker. The last one left is asked whatever its breaker says. */
  private mayAsk(link: Link): bool {
    if (!this.isAllowed(link.target.name)) return false;
    // The first one was admitted when it was chosen.
    if (this.next == 1) return true;
    const probes = this.choice.probes;
    const known = probes.length;
    const isClosed = this.choice.isClosed(link);
    if (probes.length > known) this.note.addProbe(link.target.name);
    if (isClosed) return true;
    if (this.config.breaker.keepsOne && this.next == this.choice.links.length) return true;
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
}
