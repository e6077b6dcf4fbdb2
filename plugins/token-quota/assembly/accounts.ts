import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readNamePatterns } from "@ai-gateway-wasm/llm/pricing";
import { NamePattern } from "@ai-gateway-wasm/match/name-pattern";
import { StoreCommand } from "@ai-gateway-wasm/store";
import { AddToGrant, Balance } from "@ai-gateway-wasm/store/balances";
import { AddValue, GetValue } from "@ai-gateway-wasm/store/values";
import { wallClockSeconds } from "proxy-wasm-as";
import { Grant, GrantRule, readGrantRules, readPeriod } from "./grants";
import { Period, PeriodKind } from "./period";

const COLON: u8 = 0x3a;
const MOST_OFFSET: i64 = 1440;

/** Whose balance, and what it is called in the store. Its bytes are its own. */
@final
export class Account {
  constructor(
    readonly key: Slice,
    readonly isGroup: bool,
    readonly name: Slice,
    /** Empty unless there is a balance for each model. */
    readonly model: Slice,
    /** What a missing balance begins with; 0: a missing balance is none. */
    readonly granted: i64,
    /** Null: the balance lasts until it is used up. */
    readonly period: Period | null,
  ) {}

  /** Seconds after which the store may forget the balance; 0: never. */
  keepSeconds: i64 = 0;
  /** There is no such balance, and nobody may begin one: this gateway's memory keeps it for ever. */
  isAbsent: bool = false;
  /** Null: nobody asked for it. */
  private question: GetValue | null = null;

  /** What asks for the balance. */
  ask(tag: i32): GetValue {
    const question = new GetValue(tag, this.key);
    this.question = question;
    return question;
  }

  /** As the store has it. */
  get balance(): Balance {
    const period = this.period;
    const endsAtMs = period === null ? 0 : period.endsAt * 1000;
    return new Balance(this.key, this.granted, this.keepSeconds, endsAtMs);
  }

  /**
   * What adds to the balance, or takes from it; one that is managed by the configuration begins with
   * its grant.
   *
   * @param amount 0 or more
   */
  change(tag: i32, amount: i64, isMinus: bool): StoreCommand {
    if (!this.isManaged) return new AddValue(tag, this.key, amount, isMinus, this.question);
    return new AddToGrant(tag, this.balance, isMinus ? -amount : amount, this.question);
  }

  /** False for a balance as the peer has it: only an administrator makes one, and it stays. */
  private get isManaged(): bool {
    return this.granted > 0 || this.period !== null;
  }
}

/**
 * Which balance a request is held against:
 *
 *   <redis_key_prefix><consumer>[:<model>][:<period>]
 *   chat_quota:alice:gpt-4o:2026-05
 *
 * In shared data, where nothing can be removed, a balance has one key for all periods and ends with
 * each of them.
 */
@final
export class Accounts {
  /** A balance for each model (`by_model`). */
  readonly byModel: bool;
  /** Groups have balances, too. */
  readonly hasGroups: bool;
  private readonly unlimited: NamePattern[];
  private readonly rules: GrantRule[];
  private readonly fallback: Grant;
  private readonly nothing: Grant;
  private readonly utcOffsetMinutes: i64;

  constructor(
    config: ConfigReader,
    private readonly prefix: Slice,
    /** Balances lie in shared data. */
    private readonly isShared: bool,
  ) {
    const period = readPeriod(config, PeriodKind.None);
    const hasGroups = config.flag("groups");
    const byModel = config.flag("by_model");
    this.utcOffsetMinutes = config.integer("utc_offset_minutes", 0, -MOST_OFFSET, MOST_OFFSET);
    this.fallback = new Grant(config.integer("default_quota", 0, 0), period);
    this.nothing = new Grant(0, period);
    this.hasGroups = hasGroups;
    this.byModel = byModel;
    this.rules = readGrantRules(config, period, hasGroups, byModel);
    this.unlimited = readNamePatterns(config, "unlimited_consumers");
  }

  /** Each model that somebody names begins with a balance of its own. */
  get grantsModels(): bool {
    return this.byModel && this.fallback.tokens > 0;
  }

  isUnlimited(consumer: Slice): bool {
    const patterns = this.unlimited;
    for (let i = 0; i < patterns.length; i++) {
      if (patterns[i].matches(consumer)) return true;
    }
    return false;
  }

  /** True for an account that is never asked. */
  isIdle(account: Account): bool {
    return !account.isGroup && this.isUnlimited(account.name);
  }

  ofConsumer(name: Slice, model: Slice): Account {
    return this.open(false, name, model, this.fallback);
  }

  ofGroup(name: Slice, model: Slice): Account {
    return this.open(true, name, model, this.nothing);
  }

  /** Balances that the configuration names: those of `quotas` with a name, and a model if need be. */
  named(): Account[] {
    const accounts: Account[] = [];
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      const name = rule.exactName;
      const model = rule.exactModel;
      if (name === null || (this.byModel && model.isEmpty)) continue;
      accounts.push(rule.isForGroups ? this.ofGroup(name, model) : this.ofConsumer(name, model));
    }
    return accounts;
  }

  private open(isGroup: bool, name: Slice, model: Slice, fallback: Grant): Account {
    const grant = this.grantOf(isGroup, name, model, fallback);
    const hasPeriod = grant.period != PeriodKind.None;
    const now = hasPeriod ? wallClockSeconds() : 0;
    const period = Period.at(grant.period, now, this.utcOffsetMinutes);
    const key = new Builder(this.prefix.length + name.length + model.length + 16);
    key.append(this.prefix).append(name);
    if (this.byModel) key.appendByte(COLON).append(model);
    let keepSeconds: i64 = 0;
    if (period !== null) {
      keepSeconds = this.isShared ? period.endsAt - now : period.keepSeconds;
      if (!this.isShared) key.appendByte(COLON).append(period.id);
    }
    const tokens = grant.tokens;
    const account = new Account(key.view(), isGroup, name.kept(), model.kept(), tokens, period);
    account.keepSeconds = keepSeconds;
    return account;
  }

  /** The first entry that matches decides. */
  private grantOf(isGroup: bool, name: Slice, model: Slice, fallback: Grant): Grant {
    for (let i = 0; i < this.rules.length; i++) {
      if (this.rules[i].matches(isGroup, name, model)) return this.rules[i].grant;
    }
    return fallback;
  }
}
