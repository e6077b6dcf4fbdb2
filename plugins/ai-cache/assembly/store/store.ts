import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { CacheKey } from "../key/cache-key";
import { Storing } from "./storing";

/** What a store says about one key. */
@final
export class Finding {
  constructor(
    /** Null: nothing. The host's bytes. */
    readonly value: Slice | null,
    /** When it was stored; 0: unknown. */
    readonly createdMs: i64 = 0,
    /** The store could not be asked. */
    readonly hasFailed: bool = false,
  ) {}
}

export const NOTHING: Finding = new Finding(null);

/** Where exact answers are kept. One file per place. */
export abstract class AnswerStore {
  constructor(
    /** Names a Redis where this gateway keeps something of it, answers or locks; no bytes: it does not. */
    readonly salt: Slice = NO_BYTES,
  ) {}

  /** Answers come later. */
  get isRemote(): bool {
    return false;
  }

  /**
   * @param oldestMs what was stored before need not be found, nor what has no age; 0: all may be
   * @returns null when the answer comes later, through `calls`: `read` says what it means
   */
  abstract find(calls: StoreCalls, key: CacheKey, nowMs: i64, oldestMs: i64): Finding | null;

  /** What an answer means. @param calls of the root, for what nobody waits for */
  abstract read(calls: StoreCalls, reply: StoreReply, key: CacheKey, nowMs: i64): Finding;

  /** What can be said at once, for those who wait for somebody else's answer. */
  abstract findHere(key: CacheKey, nowMs: i64): Finding;

  /**
   * Stores a value for as long as the store keeps one; no request waits for it.
   *
   * @param calls of the root: the stream may be gone
   * @param createdMs when the answer was given, 0: unknown
   * @param storing hears what became of it; null: nobody wants to know
   */
  abstract put(
    calls: StoreCalls,
    key: CacheKey,
    value: Slice,
    createdMs: i64,
    nowMs: i64,
    storing: Storing | null,
  ): void;

  /** Nobody waits any more for what `find` asked for. */
  giveUp(): void {}

  /** Once a second. */
  tick(_nowMs: i64): void {}
}
