import { LimitBy } from "./limit-by";
import { LimitKey } from "./limit-key";
import { Value, ValueSource } from "./sources";

/** One entry of `rule_items`. */
@final
export class RuleItem {
  constructor(
    readonly by: LimitBy,
    readonly source: ValueSource,
    /** In the order in which they are tried. */
    private readonly keys: LimitKey[],
  ) {}

  /** True when it has to know the model. */
  get needsModel(): bool {
    return this.by == LimitBy.Model || this.by == LimitBy.PerModel;
  }

  /** The first key that holds for the value, or null. */
  find(value: Value): LimitKey | null {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i].matches(value)) return this.keys[i];
    }
    return null;
  }
}
