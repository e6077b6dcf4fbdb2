import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { CacheKey } from "../key/cache-key";
import { MemoryStore } from "./memory";
import { RemoteStore } from "./remote";
import { AnswerStore, Finding } from "./store";

/** A table of this gateway in front of Redis (`cache.l1`): what it has costs no call. */
@final
export class LayeredStore extends AnswerStore {
  constructor(
    private readonly near: MemoryStore,
    private readonly far: RemoteStore,
    /** How long `near` may keep what it was given, in seconds; above 0. */
    private readonly nearTtlSeconds: i64,
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

  override read(reply: StoreReply, key: CacheKey, nowMs: i64): Finding {
    const finding = this.far.read(reply, key, nowMs);
    const value = finding.value;
    if (value === null) return finding;
    const seconds = this.secondsLeft(finding.createdMs, nowMs);
    if (seconds > 0) this.near.keep(key, value, finding.createdMs, nowMs, seconds);
    return finding;
  }

  override findHere(key: CacheKey, nowMs: i64): Finding {
    return this.near.findHere(key, nowMs);
  }

  override put(calls: StoreCalls, key: CacheKey, value: Slice, nowMs: i64): void {
    this.near.keep(key, value, nowMs, nowMs, this.secondsLeft(nowMs, nowMs));
    this.far.put(calls, key, value, nowMs);
  }

  override tick(nowMs: i64): void {
    this.near.tick(nowMs);
  }

  /** Not longer than Redis has it, as far as the value says when it was stored. */
  private secondsLeft(createdMs: i64, nowMs: i64): i64 {
    const ttl = this.far.ttlSeconds;
    if (ttl == 0) return this.nearTtlSeconds;
    const age = createdMs == 0 ? 0 : max<i64>(0, (nowMs - createdMs) / 1000);
    return min(this.nearTtlSeconds, ttl - age);
  }
}
