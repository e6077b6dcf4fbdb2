import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter, Histogram } from "proxy-wasm-as";
import { Phase } from "./judge/backend";

/** Counters of all configurations; the first four are the peer's (content-security.md 4.8, 6). */
@final
export class Metrics {
  readonly requestDenied: Counter = new Counter(bytes("ai_sec_request_deny"));
  readonly requestMasked: Counter = new Counter(bytes("ai_sec_request_mask"));
  readonly responseDenied: Counter = new Counter(bytes("ai_sec_response_deny"));
  /** Calls to a judge that came to nothing. */
  readonly failed: Counter = new Counter(bytes("ai_sec_error"));
  readonly responseMasked: Counter = new Counter(bytes("ai_sec_response_mask"));
  /** Texts that were judged, by whomever. */
  readonly checked: Counter = new Counter(bytes("ai_sec_checked"));
  /** Milliseconds from a body's end to its verdict. */
  readonly latency: Histogram = new Histogram(bytes("ai_sec_latency_ms"));

  countMasked(phase: Phase): void {
    (phase == Phase.Request ? this.requestMasked : this.responseMasked).increment();
  }
}
