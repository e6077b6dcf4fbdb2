import { Debts, StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { Balance, ReserveBalance, SettleBalance } from "@ai-gateway-wasm/store/balances";
import { Account } from "./accounts";
import { ReservationPolicy } from "./metering";

/** Tag of a reservation; that of a question is the number of its balance. */
const RESERVE: i32 = 16;

const UNKNOWN: i64 = i64.MAX_VALUE;

/** What the store says about letting a request in. */
export const enum Verdict {
  /** The answer is not there yet. */
  Open,
  Enough,
  TooLittle,
  /** The store has no answer. */
  Unknown,
}

/**
 * The balances of one request: whether all of them let it in, and what it takes from them.
 *
 *   begin ──► get, for each balance ──► verdict … spend ──► decrby, for each
 *   begin ──► reserve ────────────────► verdict … spend ──► settle
 */
@final
export class Purse {
  /** What is left of the smallest balance; with a reservation, after it. */
  remaining: i64 = UNKNOWN;
  /** With `Verdict.Unknown`: what the peer would show. */
  reason: string = "";
  /** With `Verdict.Unknown`: what really happened, for the log. */
  cause: string = "";
  /** What has to be settled; null: nothing was taken. */
  private reservation: ReserveBalance | null = null;
  /** The store itself has answered, not what stands in for it. */
  hasHeard: bool = false;
  private verdict: Verdict = Verdict.Open;
  private pending: i32 = 0;

  constructor(
    private readonly debts: Debts,
    /** At least one; the first is the consumer's. */
    private readonly accounts: Account[],
    private readonly policy: ReservationPolicy,
    /** What to reserve. */
    private readonly tokens: i64,
  ) {}

  /** Something is taken before it is spent: it has to be corrected, whatever happens. */
  get isReserving(): bool {
    return this.reservation !== null;
  }

  get knowsRemaining(): bool {
    return this.remaining != UNKNOWN;
  }

  /** Asks. @param calls of whoever passes the answers on to `receive` */
  begin(calls: StoreCalls): Verdict {
    if (this.policy.isOn) return this.reserve(calls);
    this.pending = this.accounts.length;
    for (let i = 0; i < this.accounts.length; i++) {
      const reply = this.debts.store.ask(calls, this.accounts[i].ask(i));
      if (reply !== null) this.noteBalance(reply);
    }
    return this.verdict;
  }

  /** Takes a reply that came later. */
  receive(reply: StoreReply): Verdict {
    if (reply.tag == RESERVE) return this.judgeReservation(reply);
    this.noteBalance(reply);
    return this.verdict;
  }

  /** Takes what was spent from each balance, or corrects what was reserved. */
  spend(amount: i64): void {
    const debts = this.debts;
    const reservation = this.reservation;
    if (reservation !== null) {
      debts.owe(new SettleBalance(debts.tag, reservation, amount));
      return;
    }
    for (let i = 0; i < this.accounts.length; i++) {
      debts.owe(this.accounts[i].change(debts.tag, amount, true));
    }
  }

  /** Gives back what the store took for a request that nobody waits for any more. */
  giveBack(): void {
    const reservation = this.reservation;
    if (reservation !== null && reservation.isHeld) this.spend(0);
  }

  /** What is left once `amount` is spent. */
  remainingAfter(amount: i64): i64 {
    return this.remaining + (this.isReserving ? this.tokens : 0) - amount;
  }

  /** One balance is known. The last one to come in decides. */
  private noteBalance(reply: StoreReply): void {
    this.pending--;
    if (reply.hasFailed) {
      this.fail(reply);
      return;
    }
    if (!reply.isLocal) this.hasHeard = true;
    const granted = this.accounts[reply.tag].granted;
    this.remaining = min(this.remaining, reply.isNull ? granted : reply.integer);
    if (this.pending > 0 || this.verdict != Verdict.Open) return;
    this.verdict = this.remaining > 0 ? Verdict.Enough : Verdict.TooLittle;
  }

  private reserve(calls: StoreCalls): Verdict {
    const balances: Balance[] = [];
    for (let i = 0; i < this.accounts.length; i++) balances.push(this.accounts[i].balance);
    const policy = this.policy;
    const reservation = new ReserveBalance(
      RESERVE,
      balances,
      this.tokens,
      policy.isStrict,
      policy.healSeconds,
    );
    this.reservation = reservation;
    const reply = this.debts.store.ask(calls, reservation);
    return reply === null ? this.verdict : this.judgeReservation(reply);
  }

  private judgeReservation(reply: StoreReply): Verdict {
    if (reply.hasFailed) return this.fail(reply);
    if (!reply.isLocal) this.hasHeard = true;
    const isDenied = reply.denied >= 0;
    if (isDenied) this.reservation = null;
    this.remaining = reply.integer;
    this.verdict = isDenied ? Verdict.TooLittle : Verdict.Enough;
    return this.verdict;
  }

  /** What the store may have taken, though it did not say so, comes back once it answers. */
  private takeBack(): void {
    const reservation = this.reservation;
    // What is not written down in the store cannot be told from what was never taken.
    if (reservation === null || this.policy.healSeconds == 0) return;
    reservation.isHeld = true;
    this.debts.defer(new SettleBalance(this.debts.tag, reservation, 0));
  }

  private fail(reply: StoreReply): Verdict {
    const error = reply.error;
    if (error !== null) this.reason = error;
    this.cause = reply.cause;
    if (reply.isUnsure) this.takeBack();
    this.reservation = null;
    this.verdict = Verdict.Unknown;
    return this.verdict;
  }
}
