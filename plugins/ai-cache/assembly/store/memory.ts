import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { Put, SlotEntry, SlotTable, Sweeper } from "@ai-gateway-wasm/store/slots";
import { CacheKey } from "../key/cache-key";
import { Metrics } from "../metrics";
import { AnswerStore, Finding, NOTHING } from "./store";
import { Storing } from "./storing";

/** Shared data of this gateway: one process, all its workers, nothing to install (`type: memory`). */
@final
export class MemoryStore extends AnswerStore {
  private readonly sweeper: Sweeper;

  constructor(
    private readonly table: SlotTable,
    /** 0: for ever. */
    private readonly ttlSeconds: i64,
    private readonly metrics: Metrics,
    salt: Slice = NO_BYTES,
  ) {
    super(salt);
    this.sweeper = new Sweeper(table);
  }

  override find(_calls: StoreCalls, key: CacheKey, nowMs: i64, _oldestMs: i64): Finding | null {
    return this.findHere(key, nowMs);
  }

  override read(_calls: StoreCalls, _reply: StoreReply, _key: CacheKey, _nowMs: i64): Finding {
    return NOTHING;
  }

  /** Whether a value is short enough for the table. */
  takes(value: Slice): bool {
    return value.length <= this.table.geometry.maxEntryBytes;
  }

  override findHere(key: CacheKey, nowMs: i64): Finding {
    const entry = this.table.find(key.slot, nowMs);
    return entry === null ? NOTHING : new Finding(entry.payload, entry.createdMs);
  }

  override put(
    _calls: StoreCalls,
    key: CacheKey,
    value: Slice,
    createdMs: i64,
    nowMs: i64,
    storing: Storing | null,
  ): void {
    const isKept = this.keep(key, value, createdMs, nowMs, this.ttlSeconds * 1000);
    if (storing !== null) storing.settle(isKept);
  }

  /** Forgets what there is. */
  drop(key: CacheKey): void {
    this.table.remove(key.slot);
  }

  /**
   * @param createdMs when the answer was given, 0: unknown; @param ttlMs 0: for ever
   * @returns whether it is there now
   */
  keep(key: CacheKey, value: Slice, createdMs: i64, nowMs: i64, ttlMs: i64): bool {
    const expiresMs = ttlMs == 0 ? 0 : nowMs + ttlMs;
    const entry = new SlotEntry(value, createdMs, expiresMs);
    const put = this.table.put(key.slot, entry, nowMs);
    if (put == Put.TooLong) this.metrics.skipped("size");
    else if (put == Put.GivenUp) this.metrics.backendError.increment();
    return put == Put.Stored;
  }

  override tick(nowMs: i64): void {
    this.sweeper.run(nowMs);
  }
}
