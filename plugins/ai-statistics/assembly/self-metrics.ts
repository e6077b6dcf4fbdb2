import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter, Gauge } from "proxy-wasm-as";

/** Bytes of a page of memory. */
const PAGE: i32 = 65536;

// Of the VM, whatever its configurations are. Defined when they are first needed.
let truncated: Counter | null = null;
let memoryGauge: Gauge | null = null;
let pages: i32 = 0;

/** A body or event was too long to be kept. */
export function countTruncated(): void {
  let counter = truncated;
  if (counter === null) {
    counter = new Counter(bytes("ai_stat_body_truncated_count"));
    truncated = counter;
  }
  counter.increment();
}

/** Adds what this VM's memory has grown by: the gauge is the sum of all workers. */
export function noteMemory(): void {
  const size = memory.size();
  if (size == pages) return;
  let gauge = memoryGauge;
  if (gauge === null) {
    gauge = new Gauge(bytes("ai_stat_vm_memory_bytes"));
    memoryGauge = gauge;
  }
  gauge.add(<i64>(size - pages) * PAGE);
  pages = size;
}
