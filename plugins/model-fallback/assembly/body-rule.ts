import { compileKeyPath, KeyPath, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { StatusSet } from "./status-set";

const NO_TARGETS: Slice[] = [];
/** What rules of `onBody` are for when nobody says. */
const ERRORS: StatusSet = new StatusSet();
ERRORS.mark(bytes("400-599"), true);

/** A rule of `errors.onBody` or `errors.neverOnBody`: a value at a path of an answer's body. */
@final
export class BodyRule {
  constructor(
    /** Null: every status. */
    private readonly statuses: StatusSet | null,
    private readonly path: KeyPath | null,
    private readonly values: Slice[],
    /** Where such a request may go next; empty: anywhere. */
    readonly targets: Slice[],
  ) {}

  /** A rule for every status. @param path a plain path, known when the plugin is written */
  static of(path: string, values: string[]): BodyRule {
    const texts: Slice[] = [];
    for (let i = 0; i < values.length; i++) texts.push(bytes(values[i]));
    return new BodyRule(null, compileKeyPath(path), texts, NO_TARGETS);
  }

  watches(status: i32): bool {
    const statuses = this.statuses;
    return statuses === null || statuses.has(status);
  }

  matches(body: Slice): bool {
    const path = this.path;
    const value = path !== null ? path.read(readJson(body)) : null;
    if (value === null) return false;
    const text = value.isString ? stringOf(value) : value.raw;
    for (let i = 0; i < this.values.length; i++) {
      if (this.values[i].equals(text)) return true;
    }
    return false;
  }
}

/** @param restricts the rules make failures, and may say where such requests go */
export function readBodyRules(errors: ConfigReader, field: string, restricts: bool): BodyRule[] {
  const rules: BodyRule[] = [];
  const entries = errors.objects(field);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const path = compileKeyPath(entry.text("path").toString());
    if (path === null) {
      entry.refuse("path", "is not a path of keys");
      continue;
    }
    // A good answer is not held for a rule that does not say so.
    let statuses: StatusSet | null = restricts ? ERRORS : null;
    if (entry.has("status")) {
      statuses = new StatusSet();
      const texts = entry.texts("status");
      for (let j = 0; j < texts.length; j++) {
        if (!statuses.mark(texts[j], true)) entry.refuse("status", "is no status, class or range");
      }
    }
    const values = entry.texts("in");
    if (values.length == 0) entry.refuse("in", "must not be empty");
    rules.push(
      new BodyRule(statuses, path, values, restricts ? entry.texts("targets") : NO_TARGETS),
    );
  }
  return rules;
}
