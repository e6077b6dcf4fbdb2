import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** What a comparison asks. */
export const enum Relation {
  Exists,
  Equal,
  Unequal,
}

/** `@.type`, `@.role == 'user'`: of a member below the value, or of the value itself. */
@final
export class Comparison {
  isNegated: bool = false;
  relation: Relation = Relation.Exists;
  /** With the quotes of a text gone. */
  literal: Slice = NO_BYTES;
  /** The literal is a text, not a number, `true`, `false` or `null`. */
  isText: bool = false;

  constructor(private readonly names: Slice[]) {}

  holds(value: JsonValue): bool {
    const found = this.find(value);
    const isSo = this.relation == Relation.Exists ? found !== null : this.compares(found);
    return isSo != this.isNegated;
  }

  /** What is not there is equal to nothing. */
  private compares(found: JsonValue | null): bool {
    return this.isEqual(found) == (this.relation == Relation.Equal);
  }

  private isEqual(found: JsonValue | null): bool {
    if (found === null || found.isString != this.isText) return false;
    return this.isText ? textOf(found).equals(this.literal) : found.raw.equals(this.literal);
  }

  private find(value: JsonValue): JsonValue | null {
    let found: JsonValue | null = value;
    for (let i = 0; i < this.names.length; i++) {
      const object: JsonValue | null = found;
      if (object === null || !object.isObject) return null;
      found = object.get(this.names[i]);
    }
    return found;
  }
}

/**
 * What is between `?` and the end of a filter: comparisons with `==` and `!=`, and whether something
 * is there, joined by `&&` and `||`. Numbers are equal when they are spelled alike.
 */
@final
export class Filter {
  /** One of these lists must hold in full. */
  private readonly alternatives: Comparison[][] = [[]];

  add(comparison: Comparison): void {
    this.alternatives[this.alternatives.length - 1].push(comparison);
  }

  /** What is added next is an alternative. */
  or(): void {
    this.alternatives.push([]);
  }

  holds(value: JsonValue): bool {
    for (let i = 0; i < this.alternatives.length; i++) {
      if (allHold(this.alternatives[i], value)) return true;
    }
    return false;
  }
}

function allHold(comparisons: Comparison[], value: JsonValue): bool {
  for (let i = 0; i < comparisons.length; i++) {
    if (!comparisons[i].holds(value)) return false;
  }
  return true;
}
