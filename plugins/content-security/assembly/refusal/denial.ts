import { Finding, Judgement } from "../judge/judgement";
import { Thresholds } from "../judge/thresholds";
import { blockingFindings } from "../judge/verdict";
import { Client } from "./client";

/** What one refusal is about, and whom it is for. */
@final
export class Denial {
  /** What of the judgement blocks. */
  readonly blocked: Finding[];

  constructor(
    /** What was found; null: nothing can be said of it. */
    readonly judgement: Judgement | null,
    thresholds: Thresholds,
    readonly client: Client,
    /** The answer is a stream of events. */
    readonly streams: bool,
  ) {
    this.blocked = judgement === null ? [] : blockingFindings(judgement, thresholds);
  }
}
