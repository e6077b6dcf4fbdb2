import { Debts, StoreCalls, StoreKind, StoreReply } from "@ai-gateway-wasm/store";
import { Balance, ReserveBalance, SettleBalance } from "@ai-gateway-wasm/store/balances";
import { Account } from "./accounts";
import { ReservationPolicy } from "./metering";

/** Tag of reservations; that of a question is the number of its balance. */
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
 *                │ the balances are in several slots of a Redis Cluster
 *                └──► reserve, one after the other ──► …  settle, each
 */
@final
export class Purse {
  /** What is left of the smallest balance; with a reservation, after it. */
  remaining: i64 = UNKNOWN;
  /** With `Verdict.Unknown`: what the peer would show. */
  reason: string = "";
  /** With `Verdict.Unknown`: what really happened, for the log. */
  cause: string = "";
  /** What has to be settled; none: nothing was taken. */
  private reservations: ReserveBalance[] = [];
  /** Balances that the reservations so far are of. */
  private reserved: i32 = 0;
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
    return this.reservations.length > 0;
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

  /** Takes a reply that came later. @param calls as for `begin`; null: nobody waits any more */
  receive(calls: StoreCalls | null, reply: StoreReply): Verdict {
    if (reply.tag == RESERVE) return this.judgeReservation(calls, reply);
    this.noteBalance(reply);
    return this.verdict;
  }

  /** Takes what was spent from each balance, or corrects what was reserved. */
  spend(amount: i64): void {
    const debts = this.debts;
    const reservations = this.reservations;
    for (let i = 0; i < reservations.length; i++) {
      debts.owe(new SettleBalance(debts.tag, reservations[i], amount));
    }
    if (reservations.length > 0) return;
    for (let i = 0; i < this.accounts.length; i++) {
      const account = this.accounts[i];
      // A balance that its grant begins need not begin with nothing spent.
      if (amount == 0 && account.granted > 0) continue;
      if (!account.isAbsent) debts.owe(account.change(debts.tag, amount, true));
    }
  }

  /** Gives back all that the store took: the request does not go on. */
  giveBack(): void {
    if (this.isReserving) this.spend(0);
    this.reservations = [];
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
    this.noteAbsence(reply.tag, reply);
    this.remaining = min(this.remaining, reply.isNull ? granted : reply.integer);
    if (this.pending > 0 || this.verdict != Verdict.Open) return;
    this.verdict = this.remaining > 0 ? Verdict.Enough : Verdict.TooLittle;
  }

  /** Who has no balance in shared data is charged nothing, should the request pass in shadow. */
  private noteAbsence(index: i32, reply: StoreReply): void {
    const account = this.accounts[index];
    const isShared = reply.isLocal || this.debts.store.kind == StoreKind.Shared;
    account.isAbsent = isShared && reply.isNull && account.granted == 0;
  }

  /** Reserves from as many of the balances as one call may have. */
  private reserve(calls: StoreCalls): Verdict {
    const store = this.debts.store;
    const end = store.splitsSlots ? this.reserved + 1 : this.accounts.length;
    const balances: Balance[] = [];
    for (let i = this.reserved; i < end; i++) balances.push(this.accounts[i].balance);
    const policy = this.policy;
    const reservation = new ReserveBalance(
      RESERVE,
      balances,
      this.tokens,
      policy.isStrict,
      policy.healSeconds,
    );
    this.reservations.push(reservation);
    this.reserved = end;
    const reply = store.ask(calls, reservation);
    return reply === null ? this.verdict : this.judgeReservation(calls, reply);
  }

  private judgeReservation(calls: StoreCalls | null, reply: StoreReply): Verdict {
    const isOfSeveral = this.reserved > this.reservations.length;
    const isSplit = isOfSeveral && reply.spansSlots;
    if (isSplit) this.debts.store.splitsSlots = true;
    if (reply.hasFailed) {
      if (calls === null || !isSplit) return this.fail(reply);
      this.reservations.pop();
      this.reserved = 0;
      return this.reserve(calls);
    }
    if (!reply.isLocal) this.hasHeard = true;
    if (reply.denied >= 0) {
      const denied = this.reservations.pop();
      this.giveBack();
      this.noteAbsence(this.reserved - denied.balances.length + reply.denied, reply);
      this.remaining = reply.integer;
      this.verdict = Verdict.TooLittle;
      return this.verdict;
    }
    this.remaining = min(this.remaining, reply.integer);
    if (calls !== null && this.reserved < this.accounts.length) return this.reserve(calls);
    this.verdict = Verdict.Enough;
    return this.verdict;
  }

  /** What the store may have taken, though it did not say so, comes back once it answers. */
  private takeBack(reservation: ReserveBalance): void {
    // What is not written down in the store cannot be told from what was never taken.
    if (this.policy.healSeconds == 0) return;
    reservation.isHeld = true;
    this.debts.defer(new SettleBalance(this.debts.tag, reservation, 0));
  }

  private fail(reply: StoreReply): Verdict {
    const error = reply.error;
    if (error !== null) this.reason = error;
    this.cause = reply.cause;
    if (this.isReserving) {
      const reservation = this.reservations.pop();
      if (reply.isUnsure) this.takeBack(reservation);
      this.giveBack();
    }
    this.verdict = Verdict.Unknown;
    return this.verdict;
  }
}
