/** What Envoy's counters say, since it was started. */
export interface Figures {
  requests: number;
  errors: number;
  clientAborts: number;
  /** Answers by who gave them. */
  models: { model: string; answers: number }[];
  consumers: { consumer: string; input: number; output: number }[];
  cache: { hits: number; misses: number; savedTokens: number };
  /** Refusals that happened, by plugin and reason. */
  refusals: { plugin: string; reason: string; count: number }[];
  /** Milliseconds to the first event with content, of streams; of a model's clusters the slowest. */
  firstToken: { model: string; p50: number; p95: number }[];
  fallbacks: { chain: string; served: number; openTargets: string[] }[];
}

/** `wasmcustom.<name>: <value>`, as Envoy's admin page has them. */
/** Labels may have blanks and line separators. */
const LINE = /^wasmcustom\.(.+): (.+)$/s;
const SERIES = /^route\.(.*?)\.upstream\.(.*?)\.model\.(.*?)\.consumer\.(.*?)\.metric\.(\w+)$/s;
const BREAKER = /^model_fallback\.([^.]+)\.(.+)\.breaker_state$/;
/** `P50(<since the last flush>,<since the start>)` */
const PERCENTILE = /\b(P50|P95)\([^,]*,([\d.]+)\)/g;

/** Plugins whose counters say that they refused, and how. */
const REFUSALS: { plugin: string; metric: RegExp; reason: (name: string) => string }[] = [
  {
    plugin: "key-auth",
    metric: /^key_auth_(?!ok$)(\w+)$/,
    reason: (name) => name.replaceAll("_", " "),
  },
  { plugin: "token-quota", metric: /^token_quota_denied$/, reason: () => "no tokens left" },
  {
    plugin: "token-rate-limit",
    metric: /\.metric\.token_ratelimit_count$/,
    reason: () => "too many tokens",
  },
  {
    plugin: "content-security",
    metric: /^ai_sec_(request|response)_deny$/,
    reason: (name) => (name === "request" ? "request denied" : "answer denied"),
  },
];

/** A metric and its value, as text. */
type Stat = [name: string, value: string];

/** A counter of ai-statistics, with the labels in its name. */
interface Labelled {
  model: string;
  consumer: string;
  metric: string;
  value: string;
}

/** Reads the text of `/stats?filter=wasmcustom`. */
export function readFigures(text: string): Figures {
  const stats = text.split("\n").flatMap((line): Stat[] => {
    const [, name, value] = LINE.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  const series = stats.flatMap(labelled);
  const counters = new Map(stats);
  const count = (name: string) => Number(counters.get(name) ?? 0);
  const total = (metric: string) => sum(series.filter((one) => one.metric === metric));
  return {
    requests: total("llm_request_count"),
    errors: total("llm_error_count"),
    clientAborts: total("llm_client_abort_count"),
    models: answersByModel(series),
    consumers: tokensByConsumer(series),
    cache: {
      hits: count("ai_cache_hit"),
      misses: count("ai_cache_miss"),
      savedTokens: count("ai_cache_saved_input_tokens") + count("ai_cache_saved_output_tokens"),
    },
    refusals: refusalsIn(stats),
    firstToken: percentiles(series),
    fallbacks: fallbacksIn(stats),
  };
}

function labelled([name, value]: Stat): Labelled[] {
  const [, , , model, consumer, metric] = SERIES.exec(name) ?? [];
  if (model === undefined || consumer === undefined || metric === undefined) return [];
  return [{ model, consumer, metric, value }];
}

function sum(series: Labelled[]): number {
  return series.reduce((total, { value }) => total + Number(value), 0);
}

/** By what the plugins call an answer: `from-cache` and `from-security-guard` are their own. */
function answersByModel(series: Labelled[]): Figures["models"] {
  const answers = series.filter(({ metric }) => metric === "llm_status_2xx_count");
  return grouped(answers, ({ model }) => model)
    .map(([model, list]) => ({ model, answers: sum(list) }))
    .filter(({ model }) => model !== "-")
    .sort((one, other) => other.answers - one.answers);
}

function tokensByConsumer(series: Labelled[]): Figures["consumers"] {
  const of = (list: Labelled[], metric: string) => sum(list.filter((one) => one.metric === metric));
  const tokens = series.filter(({ metric }) => /^(in|out)put_token$/.test(metric));
  return grouped(tokens, ({ consumer }) => consumer)
    .map(([consumer, list]) => ({
      consumer,
      input: of(list, "input_token"),
      output: of(list, "output_token"),
    }))
    .sort((one, other) => other.input + other.output - one.input - one.output);
}

function refusalsIn(stats: Stat[]): Figures["refusals"] {
  return REFUSALS.flatMap(({ plugin, metric, reason }) => {
    const found = stats.flatMap(([name, value]) => {
      const match = metric.exec(name);
      return match ? [{ reason: reason(match[1] ?? ""), count: Number(value) }] : [];
    });
    return grouped(found, (one) => one.reason).map(([why, list]) => ({
      plugin,
      reason: why,
      count: list.reduce((total, one) => total + one.count, 0),
    }));
  }).filter(({ count }) => count > 0);
}

/** One row for each model: of its clusters the slowest tells. */
function percentiles(series: Labelled[]): Figures["firstToken"] {
  const rows = series
    .filter(({ metric }) => metric === "llm_first_token_ms")
    .flatMap(({ model, value }) => {
      const found = new Map([...value.matchAll(PERCENTILE)].map(([, name, ms]) => [name, ms]));
      const [p50, p95] = [found.get("P50"), found.get("P95")];
      if (p50 === undefined || p95 === undefined) return [];
      return [{ model, p50: Number(p50), p95: Number(p95) }];
    });
  return grouped(rows, ({ model }) => model).map(([model, list]) => ({
    model,
    p50: Math.max(...list.map(({ p50 }) => p50)),
    p95: Math.max(...list.map(({ p95 }) => p95)),
  }));
}

function fallbacksIn(stats: Stat[]): Figures["fallbacks"] {
  return stats.flatMap(([name, value]) => {
    const chain = /^model_fallback\.([^.]+)\.fallback_served$/.exec(name)?.[1];
    if (chain === undefined) return [];
    const openTargets = stats.flatMap(([other, state]) => {
      const [, of, target] = BREAKER.exec(other) ?? [];
      return of === chain && target !== undefined && state === "1" ? [target] : [];
    });
    return [{ chain, served: Number(value), openTargets }];
  });
}

function grouped<T>(list: T[], key: (one: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const one of list) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return [...groups];
}
