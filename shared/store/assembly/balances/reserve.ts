import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { randomU64 } from "proxy-wasm-as";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreFailure, StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { Balance } from "./balance";
import { balanceCall } from "./keys";
import { RESERVE } from "./scripts";
import { reserveBalances } from "./shared-balance";

/**
 * Takes tokens from all balances or from none, before they are spent (token-quota.md 7.3). One that
 * is missing begins with its grant, unless another one denies. A balance denies when it is missing
 * and has no grant, when it is not positive, or with `isStrict` when it is smaller than the amount.
 *
 * The answer: `denied`, and `integer`: what the smallest balance has left, or the denying one has
 * (`isNull` when it is missing). Keep the command: `SettleBalance` corrects it. What is never
 * settled comes back `healSeconds` later, with the next reservation on the same balance.
 */
@final
export class ReserveBalance extends StoreCommand {
  /** Names the reservation in the store. */
  readonly id: i64 = <i64>(randomU64() >> 1);
  /** Milliseconds since 1970; 0: never. */
  deadlineMs: i64 = 0;
  /** True when the tokens are taken, or may be: `SettleBalance` has something to correct. */
  isHeld: bool = false;
  /** Taken from the fallback of `fail_mode: local`, and corrected there. */
  isLocal: bool = false;

  constructor(
    tag: i32,
    /** Balances, such as a consumer's and its group's; different ones. */
    readonly balances: Balance[],
    readonly tokens: i64,
    readonly isStrict: bool = false,
    /** 0: an unsettled reservation is lost. */
    readonly healSeconds: i64 = 600,
  ) {
    // What is written down, or takes nothing, can arrive twice.
    super(tag, healSeconds > 0 || tokens <= 0);
  }

  override words(_isResent: bool): Slice[] | null {
    const nowMs = this.start();
    const balances = this.balances;
    const call = balanceCall(RESERVE, balances)
      .integer(nowMs)
      .integer(this.id)
      .integer(this.tokens)
      .text(bytes(this.isStrict ? "strict" : "allow"))
      .integer(this.deadlineMs);
    for (let i = 0; i < balances.length; i++) {
      call.integer(balances[i].grant).integer(balances[i].keepSeconds);
    }
    return call.words();
  }

  override read(answer: RedisReply): StoreReply {
    const length = this.balances.length;
    const denied = <i32>answer.item(0).integer - 1;
    if (answer.item(1).items.length != length || denied >= length) {
      return StoreReply.failed(StoreFailure.Reply, "unexpected answer");
    }
    this.isHeld = denied < 0;
    let balance = answer.item(1).item(max(0, denied));
    for (let i = 1; denied < 0 && i < length; i++) {
      const other = answer.item(1).item(i);
      if (other.integer < balance.integer) balance = other;
    }
    const reply = StoreReply.ofValue(balance.isNull ? null : balance.text);
    reply.denied = denied;
    return reply;
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = this.start();
    this.isLocal = true;
    return reserveBalances(space, this, nowMs);
  }

  /** Notes when the reservation begins; answers that time. */
  private start(): i64 {
    const nowMs = wallClockMs();
    this.deadlineMs = this.healSeconds > 0 ? nowMs + this.healSeconds * 1000 : 0;
    return nowMs;
  }
}
