import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Gauge } from "proxy-wasm-as";

/** What the tables of a plugin hold, for all workers together: `<prefix>_memory_{entries,bytes,evictions}`. */
@final
export class SlotGauges {
  private readonly entries: Gauge;
  private readonly bytes: Gauge;
  private readonly evictions: Counter;

  constructor(prefix: Slice) {
    this.entries = new Gauge(named(prefix, "_memory_entries"));
    this.bytes = new Gauge(named(prefix, "_memory_bytes"));
    this.evictions = new Counter(named(prefix, "_memory_evictions"));
  }

  add(entries: i32, bytes: i64): void {
    if (entries != 0) this.entries.add(entries);
    if (bytes != 0) this.bytes.add(bytes);
  }

  /** Entries that had to go before their time. */
  countEvictions(count: i32): void {
    this.evictions.increment(count);
  }
}

function named(prefix: Slice, name: string): Slice {
  return new Builder().append(prefix).appendText(name).view();
}
