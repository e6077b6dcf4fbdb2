import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Labels, NO_LABEL } from "@ai-gateway-wasm/kit/series";
import { Answer } from "./answer";
import { LogRecord } from "./log-record";
import { Metric } from "./metric";
import { Group, MetricsConfig } from "./metrics-config";
import { INPUT_TOKEN, MODEL, OUTPUT_TOKEN, TOTAL_TOKEN, UNKNOWN } from "./names";
import { CLIENT_ABORT, COMPLETE, LOCAL_REPLY } from "./outcome";
import { seriesOf, StatisticsSeries } from "./series";

/** What the metrics are to know of a request that is over. */
@final
export class Tally {
  /** 0: no answer. */
  status: i32 = 0;
  finish: Slice = COMPLETE;
  isStream: bool = false;
  /** An answer whose body was read. */
  answer: Answer | null = null;
  /** Milliseconds, or -1: unknown. */
  firstTokenMs: i64 = -1;
  firstContentMs: i64 = -1;
  serviceMs: i64 = -1;
  /** Whether the peer's counters count. */
  countsUsage: bool = false;
  /** Whether usage is looked for at all. */
  readsUsage: bool = false;
  /** The request's model, empty: unknown or none. */
  requestModel: Slice = NO_BYTES;
  route: Slice = NO_LABEL;
  cluster: Slice = NO_LABEL;
  consumer: Slice = NO_LABEL;
}

/**
 * Counts a request, once, when it is over.
 *
 * @returns whether it is known what a model took
 */
export function countRequest(tally: Tally, record: LogRecord, config: MetricsConfig): bool {
  const answered = record.findText(MODEL);
  const labels = new Labels(
    config.route(tally.route),
    config.cluster(tally.cluster),
    config.model(modelLabel(tally, answered, config)),
    config.consumer(tally.consumer),
  );
  const series = seriesOf(labels, config.maxSeries, config.sharesSeries);
  const answer = tally.answer;
  const hasFailed = answer !== null && answer.hasFailed;
  if (hasFailed) countFailure(series, tally, config);
  if (config.has(Group.Requests)) countOutcome(series, tally, hasFailed);
  const isKnown = answered !== null && tally.readsUsage && hasCounts(record);
  if (answer !== null && isKnown && tally.countsUsage) {
    countTokens(series, tally, answer, record, config);
  } else if (config.has(Group.Requests) && isUsageMissing(tally, hasFailed)) {
    series.count(Metric.UsageMissing);
  }
  if (config.groups & (Group.Requests | Group.Latency))
    countWithoutConsumer(labels, tally, config, record);
  return isKnown;
}

/** The peer's failures are those of answers that came to their end. */
function countFailure(series: StatisticsSeries, tally: Tally, config: MetricsConfig): void {
  if (config.has(Group.Compat) && tally.countsUsage) series.count(Metric.Failures);
}

/** The model of the answer, else of the request, as far as it may be a label. */
function modelLabel(tally: Tally, answered: Slice | null, config: MetricsConfig): Slice {
  const requested = tally.requestModel;
  if (answered === null && requested.isEmpty) return NO_LABEL;
  const model = answered === null ? requested : answered;
  if (config.trustsRequestModel || !model.equals(requested)) return model;
  const isProven = tally.status >= 200 && tally.status < 300 && answered !== null;
  return isProven || config.isListedModel(model) ? model : UNKNOWN;
}

/** Whether `ai_log` has all three, from usage or from attributes. One that is no number counts nothing. */
function hasCounts(record: LogRecord): bool {
  return record.has(INPUT_TOKEN) && record.has(OUTPUT_TOKEN) && record.has(TOTAL_TOKEN);
}

/** What a complete answer used, and what that costs. */
function countTokens(
  series: StatisticsSeries,
  tally: Tally,
  answer: Answer,
  record: LogRecord,
  config: MetricsConfig,
): void {
  if (config.has(Group.Compat)) countUsage(series, tally, record);
  if (config.has(Group.Tokens)) countKinds(series, answer);
  const prices = config.prices;
  const model = record.findText(MODEL);
  if (prices === null || model === null) return;
  const input = record.findCount(INPUT_TOKEN);
  const output = record.findCount(OUTPUT_TOKEN);
  series.count(Metric.Cost, prices.costOf(model, input, output, answer.usage));
}

function countUsage(series: StatisticsSeries, tally: Tally, record: LogRecord): void {
  series.count(Metric.InputTokens, record.findCount(INPUT_TOKEN));
  series.count(Metric.OutputTokens, record.findCount(OUTPUT_TOKEN));
  series.count(Metric.TotalTokens, record.findCount(TOTAL_TOKEN));
  if (tally.isStream) {
    series.count(Metric.FirstTokenDuration, tally.firstTokenMs);
    series.count(Metric.StreamDurations);
  }
  series.count(Metric.ServiceDuration, tally.serviceMs);
  series.count(Metric.Durations);
}

function countKinds(series: StatisticsSeries, answer: Answer): void {
  const usage = answer.usage;
  series.count(Metric.CachedInput, usage.cachedInput);
  series.count(Metric.CacheWriteInput, usage.cacheWriteInput);
  series.count(Metric.ReasoningOutput, usage.reasoningOutput);
  series.count(Metric.ToolUseInput, usage.toolUseInput);
}

function countOutcome(series: StatisticsSeries, tally: Tally, hasFailed: bool): void {
  series.count(Metric.Requests);
  if (tally.finish.equals(CLIENT_ABORT)) {
    series.count(Metric.ClientAborts);
    return;
  }
  const isOver = tally.finish.equals(COMPLETE) || tally.finish.equals(LOCAL_REPLY);
  if (hasFailed || tally.status >= 400 || tally.status == 0 || !isOver) series.count(Metric.Errors);
}

/** A model answered and did not say what it took, where anybody listens. */
function isUsageMissing(tally: Tally, hasFailed: bool): bool {
  if (!tally.readsUsage || hasFailed) return false;
  const isAnswered = tally.status >= 200 && tally.status < 300 && tally.finish.equals(COMPLETE);
  return isAnswered && tally.answer !== null;
}

function countWithoutConsumer(
  labels: Labels,
  tally: Tally,
  config: MetricsConfig,
  record: LogRecord,
): void {
  const shared = labels.with(labels.model, NO_LABEL);
  const series = seriesOf(shared, config.maxSeries, config.sharesSeries);
  if (config.has(Group.Requests)) countStatus(series, tally.status);
  if (!config.has(Group.Latency) || tally.answer === null || !tally.finish.equals(COMPLETE)) return;
  if (tally.firstContentMs >= 0) series.record(Metric.FirstTokenMs, tally.firstContentMs);
  if (tally.serviceMs < 0) return;
  series.record(Metric.ServiceMs, tally.serviceMs);
  const tokens = record.findCount(OUTPUT_TOKEN);
  if (tally.firstContentMs >= 0 && tokens > 1) {
    const each = max(0, tally.serviceMs - tally.firstContentMs) / (tokens - 1);
    series.record(Metric.OutputTokenMs, each);
  }
}

function countStatus(series: StatisticsSeries, status: i32): void {
  if (status >= 200 && status < 300) series.count(Metric.Status2xx);
  if (status >= 400 && status < 500) series.count(Metric.Status4xx);
  if (status == 429) series.count(Metric.Status429);
  if (status >= 500) series.count(Metric.Status5xx);
}
