import { JsonValue } from "@ai-gateway-wasm/as-json";
import { sortBy } from "@ai-gateway-wasm/bytes";
import { Selector } from "./selector";

/** How deep `..` looks. */
const MAX_DEPTH: i32 = 64;

/** One component of a path: what any of its selectors names. */
@final
export class Step {
  constructor(
    private readonly selectors: Selector[],
    /** Behind `..`: also of everything below. */
    readonly isDeep: bool,
  ) {}

  apply(value: JsonValue, to: JsonValue[]): void {
    for (let i = 0; i < this.selectors.length; i++) this.selectors[i].select(value, to);
  }

  applyBelow(value: JsonValue, to: JsonValue[], depth: i32): void {
    this.apply(value, to);
    if (depth == 0) return;
    const entries = value.entries();
    while (entries.next()) {
      const child = entries.value;
      if (child.isObject || child.isArray) this.applyBelow(child, to, depth - 1);
    }
  }
}

/**
 * A JSONPath such as `$.messages[?@.role == 'user'].content` (RFC 9535): names, indices, slices, `*`,
 * `..`, lists of these, and filters (`Filter`). Holds no state, so one path serves all requests.
 */
@final
export class DollarPath {
  /** Only for `compileDollarPath`. */
  constructor(private readonly steps: Step[]) {}

  /** What stands at the path: views of the document, in its order. */
  find(root: JsonValue): JsonValue[] {
    let values: JsonValue[] = [root];
    for (let i = 0; i < this.steps.length; i++) values = nextOf(this.steps[i], values);
    return values;
  }
}

/** @param values in the order of the document */
function nextOf(step: Step, values: JsonValue[]): JsonValue[] {
  const found: JsonValue[] = [];
  let end: usize = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!step.isDeep) {
      step.apply(value, found);
    } else if (value.at >= end) {
      // Else it was looked into with the value it stands in.
      step.applyBelow(value, found, MAX_DEPTH);
      end = value.endAddress();
    }
  }
  sortBy(found, (value) => <i32>value.at);
  return found;
}
