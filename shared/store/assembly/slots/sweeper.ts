import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, randomU64, setSharedData, Status } from "proxy-wasm-as";
import { appendLong } from "../shared-data/long";
import { SlotTable } from "./table";

/** Runs that it takes to visit all sets; one run per second. */
const RUNS: i32 = 60;
/** After this, another worker may take over. */
const LEASE_MS: i64 = 5000;
const VALUE_SIZE: i32 = 16;

/** Frees expired entries nobody asks for any more. Of all workers the one that has the lease does it. */
@final
export class Sweeper {
  private readonly owner: i64 = <i64>randomU64();
  private next: i32 = 0;

  constructor(private readonly table: SlotTable) {}

  /** To be called once a second. */
  run(nowMs: i64): void {
    if (!this.renew(nowMs)) return;
    const sets = this.table.geometry.sets;
    for (let i = (sets + RUNS - 1) / RUNS; i > 0; i--) {
      this.table.sweep(this.next, nowMs);
      this.next = (this.next + 1) & (sets - 1);
    }
  }

  /** The lease is `owner i64, end ms i64`. Any trouble: it is not ours. */
  private renew(nowMs: i64): bool {
    const key = this.table.geometry.leaseKey();
    const found = getSharedData(key);
    if (found !== null && !this.mayTake(found.data, nowMs)) return false;
    const value = new Builder(VALUE_SIZE);
    appendLong(value, this.owner);
    appendLong(value, nowMs + LEASE_MS);
    const cas = found === null ? ONLY_IF_ABSENT : found.cas;
    return setSharedData(key, value.view(), cas) == Status.Ok;
  }

  private mayTake(value: Slice, nowMs: i64): bool {
    if (value.length != VALUE_SIZE || load<i64>(value.ptr) == this.owner) return true;
    const endMs = load<i64>(value.ptr, 8);
    // An end far away is that of a clock which was set back since.
    return endMs <= nowMs || endMs > nowMs + LEASE_MS;
  }
}
