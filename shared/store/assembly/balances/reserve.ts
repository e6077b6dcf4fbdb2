import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared/space";

/**
 * Takes tokens from all balances or from none, before they are spent (token-quota.md 7.3). A
 * balance denies when it is missing, when it is not positive, or with `isStrict` when it is smaller
 * than the amount.
 *
 * The answer: `denied`, and `integer`, the first balance (of the denying one when denied; `isNull`
 * when it is missing). Keep the command: `SettleBalance` corrects it. What is never settled comes
 * back `healSeconds` later, with the next reservation on the same balance.
 */
@final
export class ReserveBalance extends StoreCommand {
  constructor(
    tag: i32,
    /** Balances, such as a consumer's and its group's. */
    readonly keys: Slice[],
    readonly tokens: i64,
    readonly isStrict: bool = false,
    /** 0: an unsettled reservation is lost. */
    readonly healSeconds: i64 = 600,
  ) {
    super(tag);
  }
}

/** Corrects a reservation of balances. One that came back meanwhile is charged as a whole. */
@final
export class SettleBalance extends StoreCommand {
  constructor(
    tag: i32,
    readonly reservation: ReserveBalance,
    /** What was really spent; 0 gives everything back. */
    readonly tokens: i64,
  ) {
    super(tag);
  }
}
