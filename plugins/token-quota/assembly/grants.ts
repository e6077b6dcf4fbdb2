import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readNamePattern } from "@ai-gateway-wasm/llm/pricing";
import { NamePattern } from "@ai-gateway-wasm/match/name-pattern";
import { PeriodKind, PERIODS } from "./period";

/** What a balance that is missing begins with, and how often it begins anew. */
@final
export class Grant {
  constructor(
    /** 0: nothing, as in the peer. */
    readonly tokens: i64,
    readonly period: PeriodKind,
  ) {}
}

/** One entry of `quotas`. */
@final
export class GrantRule {
  constructor(
    readonly isForGroups: bool,
    private readonly name: NamePattern,
    /** Null: whatever the model. */
    private readonly model: NamePattern | null,
    readonly grant: Grant,
  ) {}

  /** The name, when the entry is for exactly one; else null. */
  get exactName(): Slice | null {
    return this.name.exact;
  }

  /** The model, when the entry is for exactly one; else empty. */
  get exactModel(): Slice {
    const pattern = this.model;
    const exact = pattern !== null ? pattern.exact : null;
    return exact === null ? NO_BYTES : exact;
  }

  matches(isGroup: bool, name: Slice, model: Slice): bool {
    if (isGroup != this.isForGroups || !this.name.matches(name)) return false;
    const pattern = this.model;
    return pattern === null || pattern.matches(model);
  }
}

/** `period` of the top level or of an entry. */
export function readPeriod(config: ConfigReader, fallback: PeriodKind): PeriodKind {
  return <PeriodKind>config.choice("period", PERIODS, fallback);
}

/** Reads `quotas`. */
export function readGrantRules(
  config: ConfigReader,
  period: PeriodKind,
  hasGroups: bool,
  byModel: bool,
): GrantRule[] {
  const rules: GrantRule[] = [];
  const entries = config.objects("quotas");
  for (let i = 0; i < entries.length && !config.errors.any; i++) {
    const entry = entries[i];
    const rule = readRule(entry, period);
    if (entry.has("group") && !hasGroups) entry.refuse("group", "needs groups: true");
    if (entry.has("model") && !byModel) entry.refuse("model", "needs by_model: true");
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

/** Null: refused. */
function readRule(entry: ConfigReader, period: PeriodKind): GrantRule | null {
  const isForGroups = entry.has("group");
  if (isForGroups == entry.has("consumer")) {
    entry.refuse("consumer", "exactly one of consumer and group must be set");
  }
  if (!entry.has("tokens")) entry.refuse("tokens", "is required");
  const name = readNamePattern(entry, isForGroups ? "group" : "consumer");
  const model = entry.has("model") ? readNamePattern(entry, "model") : null;
  const grant = new Grant(entry.integer("tokens", 0, 0), readPeriod(entry, period));
  if (name === null) return null;
  return new GrantRule(isForGroups, name, model, grant);
}
