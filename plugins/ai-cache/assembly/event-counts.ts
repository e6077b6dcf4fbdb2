import { Slice } from "@ai-gateway-wasm/bytes";
import {
  NO_LABEL,
  RecentSeries,
  requestLabels,
  Series,
  SeriesTable,
} from "@ai-gateway-wasm/kit/series";

/** What is counted by route, cluster and model, in the order of the names (ai-statistics.md 8.2). */
export const enum CacheEvent {
  Hit,
  /** A neighbour answered; counted as `Hit`, too. */
  SemanticHit,
  Miss,
  /** The cache is not asked. */
  Skip,
  /** A miss, because somebody did not answer, or not in time. */
  Error,
  /** Tokens of the request and the answer together. */
  SavedTokens,
  /** Milliseconds of lookups that had to wait. */
  LookupMs,
  Lookups,
}

const NAMES: string[] = [
  "ai_cache_hit_count",
  "ai_cache_semantic_hit_count",
  "ai_cache_miss_count",
  "ai_cache_skip_count",
  "ai_cache_error_count",
  "ai_cache_saved_token",
  "ai_cache_lookup_duration",
  "ai_cache_lookup_duration_count",
];

const recent: RecentSeries = new RecentSeries(new SeriesTable(NAMES));

/** Where the running request counts. @param model that it names; no bytes: none, or nobody has looked */
export function eventsOf(model: Slice): Series {
  return recent.of(requestLabels(model, NO_LABEL));
}
