import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter, Gauge } from "proxy-wasm-as";

const PAGE: i64 = 65536;

// Of the VM, whatever its configurations are. Defined when they are first needed.
let truncated: Counter | null = null;
let unreadable: Counter | null = null;
let memoryBytes: Gauge | null = null;
/** Pages of memory that the gauge knows of. */
let knownPages: i32 = 0;

/** A body or event was too long to be kept. */
export function countTruncated(): void {
  let counter = truncated;
  if (counter === null) {
    counter = new Counter(bytes("ai_stat_body_truncated_count"));
    truncated = counter;
  }
  counter.increment();
}

/** JSON could not be read: a body, an event, or what another plugin wrote into `ai_log`. */
export function countUnreadable(times: i64): void {
  if (times <= 0) return;
  let counter = unreadable;
  if (counter === null) {
    counter = new Counter(bytes("ai_stat_parse_error_count"));
    unreadable = counter;
  }
  counter.increment(times);
}

/** Adds what the memory of this VM grew by. The gauge is of all VMs together. */
export function noteMemory(): void {
  const pages = memory.size();
  if (pages == knownPages) return;
  let gauge = memoryBytes;
  if (gauge === null) {
    gauge = new Gauge(bytes("ai_stat_vm_memory_bytes"));
    memoryBytes = gauge;
  }
  gauge.add(<i64>(pages - knownPages) * PAGE);
  knownPages = pages;
}
