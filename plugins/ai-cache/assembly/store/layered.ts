import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { CacheKey } from "../key/cache-key";
import { MemoryStore } from "./memory";
import { RemainingTime } from "./remaining-time";
import { RemoteStore } from "./remote";
import { AnswerStore, Finding } from "./store";

/**
 * A table of this gateway in front of Redis (`cache.l1`): what it has costs no call. It has nothing longer
 * than Redis. A plain text does not say how old it is: Redis is asked, after the client was answered.
 *
 *   near ──nothing──► far ──text──► answer; and how long will you have it? ──► near
 */
@final
export class LayeredStore extends AnswerStore {
  constructor(
    private readonly near: MemoryStore,
    private readonly far: RemoteStore,
    /** How long `near` may keep what it was given, in milliseconds; above 0. */
    private readonly nearTtlMs: i64,
  ) {
    super(near.salt);
  }

  override get isRemote(): bool {
    return true;
  }

  override find(calls: StoreCalls, key: CacheKey, nowMs: i64): Finding | null {
    const here = this.near.findHere(key, nowMs);
    return here.value !== null ? here : this.far.find(calls, key, nowMs);
  }

  override read(calls: StoreCalls, reply: StoreReply, key: CacheKey, nowMs: i64): Finding {
    const finding = this.far.read(calls, reply, key, nowMs);
    const value = finding.value;
    if (value === null || !this.near.takes(value)) return finding;
    if (this.far.knowsEnd(finding.createdMs)) this.keep(key, value, finding.createdMs, nowMs);
    else this.far.ask(calls, new RemainingTime(this, key, value.copy()));
    return finding;
  }

  override findHere(key: CacheKey, nowMs: i64): Finding {
    return this.near.findHere(key, nowMs);
  }

  override put(calls: StoreCalls, key: CacheKey, value: Slice, nowMs: i64): void {
    if (this.near.takes(value)) this.keep(key, value, nowMs, nowMs);
    this.far.put(calls, key, value, nowMs);
  }

  /** Redis has said how long it will have a text; above 0. */
  onTimeLeft(key: CacheKey, text: Slice, leftMs: i64, nowMs: i64): void {
    // What is there by now is younger.
    if (this.near.findHere(key, nowMs).value !== null) return;
    this.near.keep(key, text, 0, nowMs, min(this.nearTtlMs, leftMs));
  }

  override tick(nowMs: i64): void {
    this.near.tick(nowMs);
  }

  private keep(key: CacheKey, value: Slice, createdMs: i64, nowMs: i64): void {
    const leftMs = min(this.nearTtlMs, this.far.timeLeft(createdMs, nowMs));
    if (leftMs > 0) this.near.keep(key, value, createdMs, nowMs, leftMs);
  }
}
