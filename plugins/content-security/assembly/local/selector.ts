import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { Filter } from "./filter";

/** Names some of the members or elements of a value. */
export abstract class Selector {
  abstract select(value: JsonValue, to: JsonValue[]): void;
}


@final
export class NameSelector extends Selector {
  constructor(private readonly name: Slice) {
    super();
  }

  override select(value: JsonValue, to: JsonValue[]): void {
    const member = value.get(this.name);
    if (member !== null) to.push(member);
  }
}

/** Counted from the end when it is negative. */
@final
export class IndexSelector extends Selector {
  constructor(private readonly index: i32) {
    super();
  }

  override select(value: JsonValue, to: JsonValue[]): void {
    const element = value.item(this.index < 0 ? value.count() + this.index : this.index);
    if (element !== null) to.push(element);
  }
}


@final
export class EachSelector extends Selector {
  override select(value: JsonValue, to: JsonValue[]): void {
    const entries = value.entries();
    while (entries.next()) to.push(entries.value);
  }
}

/** `first:behind:step`, whatever of it is left out; the order is that of the document. */
@final
export class SliceSelector extends Selector {
  /** @param first, behind `NONE` when left out */
  constructor(
    private readonly first: i64,
    private readonly behind: i64,
    private readonly step: i64,
  ) {
    super();
  }

  static readonly NONE: i64 = i64.MAX_VALUE;

  override select(value: JsonValue, to: JsonValue[]): void {
    const step = this.step;
    if (!value.isArray || step == 0) return;
    const count = <i64>value.count();
    const isBack = step < 0;
    // Back from `from` to behind `until`, or forth from `from` to before it.
    const from = bounded(this.first, count, isBack ? count - 1 : 0, isBack);
    const until = bounded(this.behind, count, isBack ? -1 : count, isBack);
    const items = value.entries();
    for (let i: i64 = 0; items.next(); i++) {
      const isWithin = isBack ? i <= from && i > until : i >= from && i < until;
      if (isWithin && (i - from) % step == 0) to.push(items.value);
    }
  }
}

function bounded(bound: i64, count: i64, fallback: i64, isBack: bool): i64 {
  if (bound == SliceSelector.NONE) return fallback;
  const at = bound < 0 ? count + bound : bound;
  return isBack ? max<i64>(-1, min<i64>(at, count - 1)) : max<i64>(0, min<i64>(at, count));
}

/** The members or elements for which a filter holds. */
@final
export class FilterSelector extends Selector {
  constructor(private readonly filter: Filter) {
    super();
  }

  override select(value: JsonValue, to: JsonValue[]): void {
    const entries = value.entries();
    while (entries.next()) {
      const child = entries.value;
      if (this.filter.holds(child)) to.push(child);
    }
  }
}
