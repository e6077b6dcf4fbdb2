import { bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { addToValue } from "../values/shared-value";
import { GetValue, storedOf } from "../values/get";
import { ScriptCall } from "../words";
import { Balance } from "./balance";

/** KEYS: balance. ARGV: what to add, what a missing one begins with, seconds to keep it (0: ever). */
const ADD: Slice = bytes(
  "if ARGV[3]=='0' then redis.call('set',KEYS[1],ARGV[2],'nx') " +
    "else redis.call('set',KEYS[1],ARGV[2],'nx','ex',ARGV[3]) end " +
    "return redis.call('incrby',KEYS[1],ARGV[1])",
);

/** Adds to a balance that begins with its grant (token-quota.md 7.4). As `AddValue`. */
@final
export class AddToGrant extends StoreCommand {
  constructor(
    tag: i32,
    readonly balance: Balance,
    /** May be negative. */
    readonly amount: i64,
    /** What asked for the same balance before; null: nobody did. */
    private readonly question: GetValue | null = null,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    const balance = this.balance;
    return new ScriptCall(ADD)
      .key(balance.key)
      .integer(this.amount)
      .integer(balance.grant)
      .integer(balance.keepSeconds)
      .words(this.once(isResent));
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = wallClockMs();
    const balance = this.balance;
    // A charge that is late by a period has nothing to be taken from.
    if (balance.isOver(nowMs)) return StoreReply.ofValue(digits(0));
    const stored = storedOf(space, balance.key, this.question);
    return addToValue(space, stored, this.amount, nowMs, balance.grant, balance.endsAtMs);
  }
}
