import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Api } from "./api/api";
import { Audit, AuditEvent } from "./audit";
import { SecurityConfig } from "./config";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { LedgerHabits } from "./ledger-habits";
import { Metrics } from "./metrics";
import { Ending, VerdictCounts } from "./verdict-counts";

const IMAGE: string = "image";
const TEXT: string = "text";
const UNREADABLE: Slice = bytes("unreadable");

/**
 * Writes down what becomes of a request and its answer: attributes of the log, and counters. The peer
 * has other habits for each API (content-security.md 4.8); `auditLevel: full` has them all alike.
 */
@final
export class Ledger {
  private readonly api: Api;
  private readonly habits: LedgerHabits;
  private readonly counts: VerdictCounts;
  /** Nobody could judge some events of the stream. */
  private isStreamUnjudged: bool = false;

  constructor(
    readonly audit: Audit,
    readonly metrics: Metrics,
    config: SecurityConfig,
    consumer: Slice,
  ) {
    this.api = config.api;
    this.habits = config.ledger;
    this.counts = new VerdictCounts(consumer, config.countsAll);
    if (config.ledger.isFull && !consumer.isEmpty) audit.consumer(consumer);
  }

  /** A judge is asked. */
  open(phase: Phase, isImage: bool): AuditEvent {
    const modality = this.api.modality;
    return this.audit.open(
      phase,
      isImage ? IMAGE : this.habits.isFull && modality == "" ? TEXT : modality,
    );
  }

  /** There is nothing to judge. */
  skipped(status: string): void {
    this.audit.status(status);
    this.audit.write();
  }

  /**
   * Nobody judges a body, for a reason that the peer does not tell. What is said already, of the
   * request, is worth more.
   *
   * @returns true: it goes on
   */
  skip(phase: Phase, reason: string): bool {
    const what = phase == Phase.Request ? "request" : "response";
    if (this.habits.isFull && !this.audit.hasStatus) this.skipped(what + " skip - " + reason);
    return true;
  }

  /** Nobody waits for the verdict any more. */
  left(phase: Phase): void {
    this.skip(phase, "left");
    if (this.habits.isFull) this.audit.write();
  }

  /**
   * A body goes on.
   *
   * @param isMasked without what was found in it
   * @param isImage an image was judged last: of a request the peer then says no more than that
   */
  passed(phase: Phase, isMasked: bool, isImage: bool): void {
    const isRequest = this.nameOf(phase) == Phase.Request;
    const isHidden = isImage && isRequest && !this.habits.isFull;
    if (isMasked && !isHidden) this.audit.status(isRequest ? "request mask" : "response mask");
    else this.audit.status(isRequest ? "request pass" : "response pass");
    const lasted = this.time(phase);
    this.metrics.latency.record(lasted);
    this.counts.add(phase, isMasked ? Ending.Mask : Ending.Pass, lasted);
    this.audit.write();
    this.audit.stop();
  }

  /** What is refused next could not be read, or has no place for what would change in it. */
  unreadable(): void {
    if (this.habits.isFull && !this.isStreamUnjudged) this.audit.label(UNREADABLE);
  }

  /** A body is refused. @param judgement null: nothing can be said of it */
  denied(phase: Phase, judgement: Judgement | null): void {
    const lasted = this.deny(phase, judgement);
    this.metrics.latency.record(lasted);
    this.counts.add(phase, Ending.Deny, lasted);
  }

  /** Of a body not all could be judged. @param isAnswered so it was answered with an error */
  failed(phase: Phase, isAnswered: bool): void {
    this.counts.add(phase, Ending.Error);
    if (!this.habits.isFull && !isAnswered && !this.api.logsFailures) return;
    this.audit.status(phase == Phase.Request ? "request error" : "response error");
    this.audit.time(phase);
    this.audit.write();
  }

  /** Events of a stream go on. */
  eventsPassed(): void {
    this.audit.write();
  }

  /** A stream is refused. @param judgement null: nothing can be said of it */
  streamDenied(judgement: Judgement | null): void {
    const isUnjudged = judgement === null && this.isStreamUnjudged;
    this.counts.add(Phase.Response, isUnjudged ? Ending.Error : Ending.Deny);
    if (this.habits.isFull || this.api.logsStreams) this.deny(Phase.Response, judgement);
    else this.audit.write();
  }

  /** Events of a stream could not be judged. */
  streamFailed(): void {
    this.isStreamUnjudged = true;
    this.audit.status("response error");
    if (this.habits.isFull || this.api.logsStreams) this.audit.time(Phase.Response);
    this.audit.write();
  }

  /**
   * A stream has ended, and nothing of it was refused: the peer says nothing of that, and knows no
   * masks.
   *
   * @param hasFailed not all could be judged, which was said
   */
  streamPassed(isMasked: bool, hasFailed: bool): void {
    const passed = isMasked ? Ending.Mask : Ending.Pass;
    this.counts.add(Phase.Response, hasFailed ? Ending.Error : passed);
    const isSilent = !isMasked && !this.habits.isFull;
    if (isSilent || hasFailed) return this.audit.writeRules();
    this.audit.status(isMasked ? "response mask" : "response pass");
    this.audit.time(Phase.Response);
    this.audit.write();
  }

  /** @returns milliseconds since the phase began */
  private deny(phase: Phase, judgement: Judgement | null): i64 {
    const isRequest = this.nameOf(phase) == Phase.Request;
    if (isRequest || this.api.countsTwice) this.metrics.requestDenied.increment();
    if (!isRequest) this.metrics.responseDenied.increment();
    this.audit.status(isRequest ? this.requestDenied : "response deny");
    const lasted = this.time(phase);
    if (judgement !== null && this.logsRisk(phase, judgement)) this.audit.risk(judgement);
    this.audit.write();
    return lasted;
  }

  private get requestDenied(): string {
    const spellsRight = this.habits.spellsRight || this.api.spellsRight;
    return spellsRight ? "request deny" : "reqeust deny";
  }

  private logsRisk(phase: Phase, judgement: Judgement): bool {
    return this.habits.isFull || this.api.logsRisk(phase == Phase.Request, judgement);
  }

  /** Whose names are written. */
  private nameOf(phase: Phase): Phase {
    return this.habits.isOld && this.api.countsTwice ? Phase.Request : phase;
  }

  /** @returns milliseconds since the phase began */
  private time(phase: Phase): i64 {
    if (phase == Phase.Response && this.api.countsTwice) {
      const lasted = this.audit.time(Phase.Request);
      if (this.habits.isOld) return lasted;
    }
    return this.audit.time(phase);
  }
}
