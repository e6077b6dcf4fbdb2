import { NO_BYTES } from "@ai-gateway-wasm/bytes";
import { TokenUsage } from "@ai-gateway-wasm/llm";
import { Store, StoreCalls, StoreCommand, StoreFailure } from "@ai-gateway-wasm/store";
import { AddToGrant, ReserveBalance, SettleBalance } from "@ai-gateway-wasm/store/balances";
import { RecordUsage, UsageBook, UsageCounts } from "@ai-gateway-wasm/store/usage";
import { AddValue } from "@ai-gateway-wasm/store/values";
import { Account } from "./accounts";

/** Nobody waits for these answers. */
const UNHEARD: i32 = 0;
/** Charges that wait for the store to come back. */
const MOST_DEBTS: i32 = 1000;

/**
 * What adds to a balance, or takes from it; one that is managed by the configuration begins with its
 * grant.
 *
 * @param amount 0 or more
 */
export function change(account: Account, tag: i32, amount: i64, isMinus: bool): StoreCommand {
  if (!account.isManaged) return new AddValue(tag, account.key, amount, isMinus);
  return new AddToGrant(
    tag,
    account.key,
    isMinus ? -amount : amount,
    account.granted,
    account.keepSeconds,
    account.endsAtMs,
  );
}

/**
 * Writes down what requests spent. It asks with the calls of the root, so that an answer which comes
 * after the stream is gone is still taken, and the command repeated after a lost login.
 */
@final
export class Ledger {
  /** Null: no usage report is kept. */
  readonly book: UsageBook | null;
  /** Charges that could not be sent: not a token is lost while Redis restarts. */
  private debts: StoreCommand[] = [];

  constructor(
    readonly store: Store,
    private readonly calls: StoreCalls,
    book: UsageBook | null,
  ) {
    this.book = book;
  }

  /** Takes from each balance. */
  charge(accounts: Account[], amount: i64): void {
    for (let i = 0; i < accounts.length; i++) {
      this.send(change(accounts[i], UNHEARD, amount, true));
    }
  }

  /** Corrects what was taken before. */
  settle(reservation: ReserveBalance, amount: i64): void {
    this.send(new SettleBalance(UNHEARD, reservation, amount));
  }

  /** Notes for the report what one request used. */
  record(account: Account, usage: TokenUsage): void {
    this.write(account, new UsageCounts(usage.input, usage.output, 1));
  }

  /** Notes that an administrator knows this consumer. */
  enlist(account: Account): void {
    this.write(account, new UsageCounts());
  }

  /** The store answers again: sends what could not be sent. */
  payDebts(): void {
    if (this.debts.length == 0) return;
    const debts = this.debts;
    this.debts = [];
    for (let i = 0; i < debts.length; i++) this.send(debts[i]);
  }

  private write(account: Account, counts: UsageCounts): void {
    const book = this.book;
    if (book === null || account.isGroup) return;
    const period = account.period;
    const line = UsageBook.lineOf(account.name, account.model);
    const periodId = period === null ? NO_BYTES : period.id;
    this.store.ask(this.calls, new RecordUsage(UNHEARD, book, line, counts, periodId));
  }

  private send(command: StoreCommand): void {
    const reply = this.store.ask(this.calls, command);
    if (reply === null || !wasNotSent(reply.failure)) return;
    if (this.debts.length < MOST_DEBTS) this.debts.push(command);
  }
}

/** What broke on the way may have been done: only what was never sent is sent again. */
function wasNotSent(failure: StoreFailure): bool {
  return (
    failure == StoreFailure.Dispatch ||
    failure == StoreFailure.Open ||
    failure == StoreFailure.Contention
  );
}
