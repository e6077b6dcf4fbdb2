import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Histogram } from "proxy-wasm-as";

/** Counters of all configurations (ai-cache.md 4.4). */
@final
export class Metrics {
  readonly hit: Counter = new Counter(bytes("ai_cache_hit"));
  /** Hits that a neighbour answered; counted as `hit`, too. */
  readonly hitSemantic: Counter = new Counter(bytes("ai_cache_hit_semantic"));
  readonly miss: Counter = new Counter(bytes("ai_cache_miss"));
  readonly bypass: Counter = new Counter(bytes("ai_cache_bypass"));
  readonly stored: Counter = new Counter(bytes("ai_cache_store"));
  /** Calls to a store, an embedding service or a vector database that came to nothing. */
  readonly backendError: Counter = new Counter(bytes("ai_cache_backend_error"));
  /** Lookups that took longer than `lookupDeadlineMs`. */
  readonly deadline: Counter = new Counter(bytes("ai_cache_deadline"));
  /** Requests that waited for the answer to somebody else's. */
  readonly coalesced: Counter = new Counter(bytes("ai_cache_coalesced"));
  /** Tokens of answers that no model had to give again: counted by the model, else estimated. */
  readonly savedInput: Counter = new Counter(bytes("ai_cache_saved_input_tokens"));
  readonly savedOutput: Counter = new Counter(bytes("ai_cache_saved_output_tokens"));
  /** Of lookups that had to wait. */
  readonly lookupMs: Histogram = new Histogram(bytes("ai_cache_lookup_ms"));

  private readonly reasons: string[] = [];
  private readonly byReason: Counter[] = [];

  /** An answer is not stored. @param reason a word; each has a counter of its own */
  skipped(reason: string): void {
    let at = this.reasons.indexOf(reason);
    if (at < 0) {
      at = this.reasons.length;
      this.reasons.push(reason);
      this.byReason.push(new Counter(skippedName(reason)));
    }
    this.byReason[at].increment();
  }
}

function skippedName(reason: string): Slice {
  return new Builder().appendText("ai_cache_store_skipped_").appendText(reason).view();
}
