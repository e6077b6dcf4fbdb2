import { Slice } from "@ai-gateway-wasm/bytes";
import {
  Labels,
  NO_LABEL,
  NONE,
  RecentSeries,
  requestLabels,
  Series,
  SeriesTable,
} from "@ai-gateway-wasm/kit/series";
import { Phase } from "./judge/backend";

/** What became of a prompt or an answer, in the order of their names. */
export const enum Ending {
  Pass,
  Mask,
  Deny,
  /** Not all of it could be judged. */
  Error,
}

const RESPONSE: i32 = 4;
const DURATION: i32 = 8;
const NAMES: string[] = [
  "ai_sec_request_pass",
  "ai_sec_request_mask",
  "ai_sec_request_deny",
  "ai_sec_request_error",
  "ai_sec_response_pass",
  "ai_sec_response_mask",
  "ai_sec_response_deny",
  "ai_sec_response_error",
  "ai_sec_request_duration",
  "ai_sec_request_duration_count",
  "ai_sec_response_duration",
  "ai_sec_response_duration_count",
];

const recent: RecentSeries = new RecentSeries(new SeriesTable(NAMES));

/**
 * Counts what becomes of one request: once for its prompt, once for its answer, by route, cluster and
 * consumer; how long that took, by route (ai-statistics.md 8.2).
 */
@final
export class VerdictCounts {
  private endings: Series | null = null;
  private times: Series | null = null;

  constructor(
    /** Memory of its own; no bytes: unknown. */
    private readonly consumer: Slice,
    /** What passes is counted, too, and how long it took. */
    private readonly countsAll: bool,
  ) {}

  /** @param lastedMs milliseconds to the verdict; −1: not known */
  add(phase: Phase, ending: Ending, lastedMs: i64 = -1): void {
    if (ending == Ending.Pass && !this.countsAll) return;
    const isResponse = phase == Phase.Response;
    this.findSeries().count(ending + (isResponse ? RESPONSE : 0));
    const times = this.times;
    if (times === null || lastedMs < 0) return;
    const duration = DURATION + (isResponse ? 2 : 0);
    times.count(duration, lastedMs);
    times.count(duration + 1);
  }

  private findSeries(): Series {
    const known = this.endings;
    if (known !== null) return known;
    const labels = requestLabels(NONE, this.consumer);
    const series = recent.of(labels);
    this.endings = series;
    if (this.countsAll) {
      this.times = recent.of(new Labels(labels.route, NO_LABEL, NO_LABEL, NO_LABEL));
    }
    return series;
  }
}
