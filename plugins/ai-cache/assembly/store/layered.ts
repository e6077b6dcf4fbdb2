import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { CacheKey } from "../key/cache-key";
import { MemoryStore } from "./memory";
import { RemainingTime } from "./remaining-time";
import { RemoteStore } from "./remote";
import { AnswerStore, Finding } from "./store";
import { Storing } from "./storing";

/**
 * A table of this gateway in front of Redis (`cache.l1`): what it has costs no call. It has nothing longer
 * than Redis. A plain text does not say how old it is: Redis is asked, after the client was answered.
 *
 *   near ──nothing──► far ──text──► answer; and how long will you have it? ──► near
 */
@final
export class LayeredStore extends AnswerStore {
  /** Not answered yet. */
  private readonly asked: RemainingTime[] = [];

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

  override find(calls: StoreCalls, key: CacheKey, nowMs: i64, oldestMs: i64): Finding | null {
    const here = this.near.findHere(key, nowMs);
    // Redis may have a younger one: other gateways store there, too.
    const isHere = here.value !== null && here.createdMs >= oldestMs;
    return isHere ? here : this.far.find(calls, key, nowMs, oldestMs);
  }

  override read(calls: StoreCalls, reply: StoreReply, key: CacheKey, nowMs: i64): Finding {
    const finding = this.far.read(calls, reply, key, nowMs);
    const value = finding.value;
    if (value === null || !this.near.takes(value)) return finding;
    if (this.far.knowsEnd(finding.createdMs)) this.keep(key, value, finding.createdMs, nowMs);
    else this.askForTime(calls, new RemainingTime(this, key, value.copy()));
    return finding;
  }

  override findHere(key: CacheKey, nowMs: i64): Finding {
    return this.near.findHere(key, nowMs);
  }

  override put(
    calls: StoreCalls,
    key: CacheKey,
    value: Slice,
    createdMs: i64,
    nowMs: i64,
    storing: Storing | null,
  ): void {
    for (let i = 0; i < this.asked.length; i++) this.asked[i].outdate(key);
    const leftMs = min(this.nearTtlMs, this.far.timeLeft(nowMs, nowMs));
    // One that is too long for the table must not leave an older one there.
    const takes = this.near.takes(value);
    if (!takes) this.near.drop(key);
    // What is here can be found, whatever Redis says later.
    const isHere = takes && this.near.keep(key, value, createdMs, nowMs, leftMs);
    if (isHere && storing !== null) storing.settle(true);
    this.far.put(calls, key, value, createdMs, nowMs, isHere ? null : storing);
  }

  override giveUp(): void {
    this.far.giveUp();
  }

  /** Redis has answered for the table. */
  judge(reply: StoreReply): void {
    this.far.judge(reply);
  }

  /** Redis has said how long it will have a text, or has not: 0. */
  onTimeLeft(asked: RemainingTime, leftMs: i64, nowMs: i64): void {
    this.forget(asked);
    // What is there by now is younger.
    const isOld = asked.isOutdated || this.near.findHere(asked.key, nowMs).value !== null;
    if (isOld || leftMs == 0) return;
    this.near.keep(asked.key, asked.text, 0, nowMs, min(this.nearTtlMs, leftMs));
  }

  override tick(nowMs: i64): void {
    this.near.tick(nowMs);
  }

  private forget(question: RemainingTime): void {
    const at = this.asked.indexOf(question);
    if (at >= 0) this.asked.splice(at, 1);
  }

  private askForTime(calls: StoreCalls, question: RemainingTime): void {
    this.asked.push(question);
    if (!this.far.ask(calls, question)) this.forget(question);
  }

  private keep(key: CacheKey, value: Slice, createdMs: i64, nowMs: i64): void {
    const leftMs = min(this.nearTtlMs, this.far.timeLeft(createdMs, nowMs));
    if (leftMs > 0) this.near.keep(key, value, createdMs, nowMs, leftMs);
  }
}
