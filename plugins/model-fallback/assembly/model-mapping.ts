import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { compileFinder, Finder, RegexError, Template } from "@ai-gateway-wasm/match/find";

const STAR: i32 = 0x2a;
const TILDE: i32 = 0x7e;
/** Bytes of a name that expressions look at: a client wrote it. */
const LONGEST_NAME: i32 = 512;


@final
class Entry {
  constructor(
    readonly key: Slice,
    readonly target: Slice,
  ) {}
}

/** `~regex`: what matches becomes the target, with `$1` for what a group holds. */
@final
class Expression {
  private readonly template: Template;

  constructor(
    private readonly finder: Finder,
    private readonly target: Slice,
  ) {
    this.template = new Template(target, finder);
  }

  /** The model to ask for; null: nothing of the name matches. No name is left empty. */
  map(model: Slice): Slice | null {
    const search = this.finder.searchShort(model);
    if (!search.next()) return null;
    if (this.target.isEmpty) return model;
    const name = new Builder(64);
    let from = 0;
    do {
      name.append(model.sub(from, search.start));
      this.template.expand(search, name);
      from = search.end;
    } while (search.next());
    name.append(model.sub(from));
    return name.length == 0 ? model : name.view();
  }
}

/**
 * Names of models by the names clients use, in the syntax of Higress's `modelMapping`, but with an
 * order: the exact name, the longest prefix `x*`, the first expression `~…`, whose target takes the
 * place of what matches, then `*`. An empty target keeps the name.
 */
@final
export class ModelMapping {
  private readonly exact: Entry[] = [];
  /** Longest first. */
  private readonly prefixes: Entry[] = [];
  private readonly expressions: Expression[] = [];
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
    let entry = this.find(model);
    if (entry === null) {
      for (let i = 0; i < this.expressions.length && model.length <= LONGEST_NAME; i++) {
        const name = this.expressions[i].map(model);
        if (name !== null) return name;
      }
      entry = this.rest;
    }
    return entry === null || entry.target.isEmpty ? model : entry.target;
  }

  private find(model: Slice): Entry | null {
    for (let i = 0; i < this.exact.length; i++) {
      if (this.exact[i].key.equals(model)) return this.exact[i];
    }
    for (let i = 0; i < this.prefixes.length; i++) {
      if (model.startsWith(this.prefixes[i].key)) return this.prefixes[i];
    }
    return null;
  }

  /** @returns why the entry is refused, or null */
  private add(key: Slice, target: Slice): string | null {
    const last = key.length - 1;
    if (last == 0 && key.at(0) == STAR) {
      this.rest = new Entry(NO_BYTES, target);
    } else if (key.at(0) == TILDE) {
      return this.addExpression(key.sub(1), target);
    } else if (key.at(last) == STAR) {
      this.addPrefix(new Entry(key.sub(0, last), target));
    } else {
      this.exact.push(new Entry(key, target));
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

  private addExpression(pattern: Slice, target: Slice): string | null {
    const error = new RegexError();
    const finder = compileFinder(pattern, error, true);
    if (finder === null) return error.message;
    this.expressions.push(new Expression(finder, target));
    return null;
  }
}
