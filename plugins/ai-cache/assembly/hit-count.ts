import { Series } from "@ai-gateway-wasm/kit/series";
import { CacheEvent } from "./event-counts";
import { Metrics } from "./metrics";
import { Hit } from "./replay/hit";

/**
 * Counts a hit, and what it saved.
 *
 * @param bodyBytes of the request
 * @param events by route and model; null: not there
 */
export function countHit(
  metrics: Metrics,
  hit: Hit,
  bodyBytes: i32,
  isSemantic: bool,
  events: Series | null,
): void {
  const input = hit.inputTokens(bodyBytes);
  const output = hit.outputTokens();
  metrics.hit.increment();
  if (isSemantic) metrics.hitSemantic.increment();
  metrics.savedInput.increment(input);
  metrics.savedOutput.increment(output);
  if (events === null) return;
  events.count(CacheEvent.Hit);
  if (isSemantic) events.count(CacheEvent.SemanticHit);
  events.count(CacheEvent.SavedTokens, input + output);
}
