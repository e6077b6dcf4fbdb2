import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/redis";
import { StoreCommand, StoreReply } from "@ai-gateway-wasm/store";
import { ReadUsage, UsageBook, UsageCounts, UsageLine } from "@ai-gateway-wasm/store/usage";
import { GetValues } from "@ai-gateway-wasm/store/values";
import { Account, Accounts } from "./accounts";

/** One balance of the report. */
@final
class Row {
  total: UsageCounts = new UsageCounts();
  /** In the running period. */
  period: UsageCounts = new UsageCounts();
  /** Null: there is none, it has what is granted. */
  balance: Slice | null = null;

  constructor(readonly account: Account) {}
}

/**
 * The balances that somebody knows of: those the configuration names, and with `usage_report` those
 * of whoever was served or changed by an administrator, and what they used:
 *
 *   next ──► the book of usage ──► next ──► the balances ──► next ──► null: spell
 *                                     CROSSSLOT │   ▲
 *                                               └───┘ one by one
 */
@final
export class BalanceReport {
  private readonly rows: Row[] = [];
  private readonly byKey: BytesTable<Row> = new BytesTable<Row>();
  private usage: ReadUsage | null = null;
  private balances: GetValues | null = null;
  /** How many are known of those asked for one by one; -1: they are asked for at once. */
  private known: i32 = -1;
  /** What those used who found no line in the book. */
  private others: UsageCounts | null = null;

  constructor(
    private readonly accounts: Accounts,
    /** Null: without usage. */
    private readonly book: UsageBook | null,
    /** What balances count. */
    private readonly unit: string,
  ) {
    const named = accounts.named();
    for (let i = 0; i < named.length; i++) this.rowOf(named[i]);
  }

  /** What to ask next, once the last answer has come; null when everything is known. */
  next(tag: i32): StoreCommand | null {
    const book = this.book;
    const usage = this.usage;
    if (book !== null && usage === null) {
      const command = new ReadUsage(tag, book);
      this.usage = command;
      return command;
    }
    const balances = this.balances;
    if (balances !== null) {
      for (let i = 0; i < balances.values.length; i++) this.takeBalance(balances.values[i], i);
    }
    if (this.known >= 0) return this.nextBalance(tag);
    if (balances !== null) return null;
    if (usage !== null) this.takeUsage(usage.lines);
    const keys: Slice[] = [];
    for (let i = 0; i < this.rows.length; i++) keys.push(this.rows[i].account.key);
    const command = new GetValues(tag, keys);
    this.balances = command;
    return command;
  }

  /** The store does not tell them at once: a Redis Cluster keeps them in several places. */
  retries(reply: StoreReply): bool {
    if (this.known >= 0 || !reply.spansSlots) return false;
    this.known = 0;
    this.balances = null;
    return true;
  }

  private nextBalance(tag: i32): StoreCommand | null {
    if (this.known == this.rows.length) return null;
    const command = new GetValues(tag, [this.rows[this.known].account.key]);
    this.balances = command;
    return command;
  }

  private takeBalance(value: Slice | null, index: i32): void {
    if (this.known < 0) {
      this.rows[index].balance = value;
      return;
    }
    // The bytes are the host's, and more callbacks follow.
    this.rows[this.known++].balance = value === null ? null : value.copy();
  }

  /** As JSON. Only in the callback that brought the last answer. */
  spell(): Slice {
    const json = new JsonWriter().openObject();
    json.key("unit").string(this.unit).key("quotas").openArray();
    for (let i = 0; i < this.rows.length; i++) this.spellRow(json, this.rows[i]);
    json.closeArray();
    const others = this.others;
    if (others !== null) spellCounts(json.key("others").openObject(), others).closeObject();
    return json.closeObject().toSlice();
  }

  private takeUsage(lines: UsageLine[]): void {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      if (line.consumer.isEmpty) {
        this.others = line.record.total;
        continue;
      }
      // A line of the time before `by_model`, or after it, belongs to no balance of today.
      if (line.model.isEmpty == this.accounts.byModel) continue;
      const row = this.rowOf(this.accounts.ofConsumer(line.consumer, line.model));
      row.total = line.record.total;
      const period = row.account.period;
      if (period !== null && period.id.equals(line.record.periodId))
        row.period = line.record.period;
    }
  }

  private rowOf(account: Account): Row {
    const known = this.byKey.find(account.key);
    if (known !== null) return known;
    const row = new Row(account);
    this.byKey.set(account.key, row);
    this.rows.push(row);
    return row;
  }

  private spellRow(json: JsonWriter, row: Row): void {
    const account = row.account;
    json.openObject();
    spellAccount(json, account);
    json.key("quota").integer(balanceOf(row));
    if (this.accounts.isIdle(account)) json.key("unlimited").boolean(true);
    const period = account.period;
    if (period !== null) {
      json.key("period").openObject().key("id").text(period.id);
      json.key("ends_at").integer(period.endsAt);
      if (this.hasUsage(account)) spellCounts(json, row.period);
      json.closeObject();
    }
    if (this.hasUsage(account))
      spellCounts(json.key("total").openObject(), row.total).closeObject();
    json.closeObject();
  }

  private hasUsage(account: Account): bool {
    return this.book !== null && !account.isGroup;
  }
}

function balanceOf(row: Row): i64 {
  const value = row.balance;
  return value === null ? row.account.granted : new RedisReply(RedisType.Text, value).integer;
}

/** Members that say whose balance it is. */
export function spellAccount(json: JsonWriter, account: Account): void {
  json.key(account.isGroup ? "group" : "consumer").text(account.name);
  if (!account.model.isEmpty) json.key("model").text(account.model);
}

function spellCounts(json: JsonWriter, counts: UsageCounts): JsonWriter {
  json.key("input").integer(counts.input).key("output").integer(counts.output);
  return json.key("requests").integer(counts.requests);
}
