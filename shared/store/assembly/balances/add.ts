import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { addToValue } from "../values/shared-value";
import { integerText, ScriptCall } from "../words";

/** KEYS: balance. ARGV: what to add, what a missing one begins with, seconds to keep it (0: ever). */
const ADD: Slice = bytes(
  "if ARGV[3]=='0' then redis.call('set',KEYS[1],ARGV[2],'nx') " +
    "else redis.call('set',KEYS[1],ARGV[2],'nx','ex',ARGV[3]) end " +
    "return redis.call('incrby',KEYS[1],ARGV[1])",
);

/** Adds to a balance that begins with a grant (token-quota.md 7.4). As `AddValue`. */
@final
export class AddToGrant extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
    /** May be negative. */
    readonly amount: i64,
    readonly grant: i64,
    /** How long a balance that is made here is kept; 0: for ever. */
    readonly keepSeconds: i64,
    /** In shared data the key has no period in its name: what comes after its end is dropped. */
    readonly endsAtMs: i64,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    return new ScriptCall(ADD)
      .key(this.key)
      .integer(this.amount)
      .integer(this.grant)
      .integer(this.keepSeconds)
      .words(isResent);
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = wallClockMs();
    // A charge that is late by a period has nothing to be taken from.
    if (this.endsAtMs > 0 && this.endsAtMs <= nowMs) return StoreReply.ofValue(integerText(0));
    return addToValue(space, this.key, this.amount, nowMs, this.grant, this.endsAtMs);
  }
}
