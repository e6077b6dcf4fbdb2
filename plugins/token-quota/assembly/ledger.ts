import { NO_BYTES } from "@ai-gateway-wasm/bytes";
import { TokenUsage } from "@ai-gateway-wasm/llm";
import { Debts } from "@ai-gateway-wasm/store";
import { RecordUsage, UsageBook, UsageCounts } from "@ai-gateway-wasm/store/usage";
import { Account } from "./accounts";

/** Writes down who used what, for the usage report. */
@final
export class Ledger {
  constructor(
    /** Null: no report is kept, nothing is written. */
    readonly book: UsageBook | null,
    private readonly debts: Debts,
  ) {}

  /** Notes what one request used. */
  record(account: Account, usage: TokenUsage): void {
    this.write(account, new UsageCounts(usage.input, usage.output, 1));
  }

  /** Notes that an administrator knows this consumer. */
  enlist(account: Account): void {
    this.write(account, new UsageCounts());
  }

  private write(account: Account, counts: UsageCounts): void {
    const book = this.book;
    if (book === null || account.isGroup) return;
    const period = account.period;
    const line = UsageBook.lineOf(account.name, account.model);
    const periodId = period === null ? NO_BYTES : period.id;
    const debts = this.debts;
    debts.owe(new RecordUsage(debts.tag, book, line, counts, periodId));
  }
}
