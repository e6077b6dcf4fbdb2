import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter } from "proxy-wasm-as";

// Of the VM, whatever its configurations are. Defined when it is first needed.
let truncated: Counter | null = null;

/** A body or event was too long to be kept. */
export function countTruncated(): void {
  let counter = truncated;
  if (counter === null) {
    counter = new Counter(bytes("ai_stat_body_truncated_count"));
    truncated = counter;
  }
  counter.increment();
}
