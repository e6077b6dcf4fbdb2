import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { compileRegex, Regex, RegexError } from "@ai-gateway-wasm/match";

const STAR: i32 = 0x2a;
const TILDE: i32 = 0x7e;


@final
class Entry {
  constructor(
    readonly key: Slice,
    readonly target: Slice,
    /** Null: a plain key. */
    readonly regex: Regex | null,
  ) {}
}

/**
 * Names of models by the names clients use, in the syntax of Higress's `modelMapping`, but with an
 * order: the exact name, the longest prefix `x*`, the first expression `~…`, then `*`. An empty
 * target keeps the name.
 */
@final
export class ModelMapping {
  private readonly exact: Entry[] = [];
  /** Longest first. */
  private readonly prefixes: Entry[] = [];
  private readonly expressions: Entry[] = [];
  private rest: Entry | null = null;

  /** Reads a map. What is wrong is noted in the reader. */
  static read(owner: ConfigReader, field: string): ModelMapping | null {
    const value = owner.find(field);
    if (value === null || value.isNull) return null;
    if (!value.isObject) {
      owner.refuse(field, "must be an object");
      return null;
    }
    const mapping = new ModelMapping();
    const members = value.entries();
    while (members.next()) {
      const key = members.key.copy();
      const reason = mapping.add(key, configText(members.value).copy());
      if (reason !== null) owner.refuse(field, reason);
    }
    return mapping;
  }

  /** The model to ask for in place of `model`. */
  map(model: Slice): Slice {
    const entry = this.find(model);
    return entry === null || entry.target.isEmpty ? model : entry.target;
  }

  private find(model: Slice): Entry | null {
    for (let i = 0; i < this.exact.length; i++) {
      if (this.exact[i].key.equals(model)) return this.exact[i];
    }
    for (let i = 0; i < this.prefixes.length; i++) {
      if (model.startsWith(this.prefixes[i].key)) return this.prefixes[i];
    }
    for (let i = 0; i < this.expressions.length; i++) {
      const regex = this.expressions[i].regex;
      if (regex !== null && regex.matches(model)) return this.expressions[i];
    }
    return this.rest;
  }

  /** @returns why the entry is refused, or null */
  private add(key: Slice, target: Slice): string | null {
    const last = key.length - 1;
    if (last == 0 && key.at(0) == STAR) {
      this.rest = new Entry(NO_BYTES, target, null);
    } else if (key.at(0) == TILDE) {
      return this.addExpression(key.sub(1), target);
    } else if (key.at(last) == STAR) {
      this.addPrefix(new Entry(key.sub(0, last), target, null));
    } else {
      this.exact.push(new Entry(key, target, null));
    }
    return null;
  }

  private addPrefix(entry: Entry): void {
    const prefixes = this.prefixes;
    let at = prefixes.length;
    prefixes.push(entry);
    for (; at > 0 && prefixes[at - 1].key.length < entry.key.length; at--) {
      prefixes[at] = prefixes[at - 1];
    }
    prefixes[at] = entry;
  }

  /** Groups (`$1`) are not built into our engine: such a target is refused rather than sent. */
  private addExpression(pattern: Slice, target: Slice): string | null {
    if (target.indexOf(0x24) >= 0) return "a target of an expression cannot refer to groups ($)";
    const error = new RegexError();
    const regex = compileRegex(pattern, error);
    if (regex === null) return error.message;
    this.expressions.push(new Entry(pattern, target, regex));
    return null;
  }
}
