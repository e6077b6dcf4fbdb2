import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { Residence, StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { balanceCall } from "./keys";
import { ReserveBalance } from "./reserve";
import { SETTLE } from "./scripts";
import { settleBalances } from "./shared-balance";

/** Corrects a reservation of balances. One that came back meanwhile is charged as a whole. */
@final
export class SettleBalance extends StoreCommand {
  /** A bit for each balance that is done, where they are done one by one. */
  settled: u32 = 0;

  constructor(
    tag: i32,
    readonly reservation: ReserveBalance,
    /** What was really spent; 0 gives everything back. */
    readonly tokens: i64,
  ) {
    super(tag, true);
    this.residence = reservation.isLocal ? Residence.Fallback : Residence.Backend;
  }

  override words(isResent: bool): Slice[] | null {
    const reservation = this.reservation;
    if (!reservation.isHeld) return null;
    return balanceCall(SETTLE, reservation.balances)
      .integer(reservation.id)
      .integer(reservation.tokens)
      .integer(this.tokens)
      .integer(reservation.tokens > 0 ? reservation.deadlineMs : 0)
      .words(this.once(isResent));
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    if (!this.reservation.isHeld) return new StoreReply();
    return settleBalances(space, this, wallClockMs());
  }
}
