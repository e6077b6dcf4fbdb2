import { KeyPath } from "@ai-gateway-wasm/as-json";
import { BytesTable, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Choice } from "./choice";
import { SplitRequest } from "./request";
import { SplitRule } from "./rule";

/** How models share their traffic with others: the part `split` of the configuration. */
@final
export class Split {
  /** The first that matches counts. */
  readonly rules: SplitRule[] = [];
  /** What rules read of bodies, by its text. */
  readonly paths: BytesTable<KeyPath> = new BytesTable<KeyPath>();
  // Headers that tell about the choice; empty: none does.
  tagHeader: Slice = NO_BYTES;
  ruleHeader: Slice = NO_BYTES;
  responseHeader: Slice = NO_BYTES;
  clusterHeader: Slice = NO_BYTES;
  consumerHeader: Slice = NO_BYTES;
  /** Names the variant that a request wants; empty: none may. */
  overrideHeader: Slice = NO_BYTES;
  /** The variants that may be wanted; null: all. */
  overrideValues: Slice[] | null = null;

  /** The variant of a request, or null: no rule is for it. */
  choose(request: SplitRequest): Choice | null {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (rule.matches(request)) return rule.choose(request);
    }
    return null;
  }

  /** True when the header that forces a variant may name this one. */
  mayForce(variant: Slice): bool {
    const values = this.overrideValues;
    if (values === null) return true;
    for (let i = 0; i < values.length; i++) if (values[i].equals(variant)) return true;
    return false;
  }
}
