import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { SplitRule } from "./rule";
import { Variant } from "./variant";

export const RANDOM: Slice = bytes("random");
export const FORCED: Slice = bytes("forced");
export const MISSING: Slice = bytes("missing");

/** Which variant a request got, and why. */
@final
export class Choice {
  constructor(
    readonly rule: SplitRule,
    readonly variant: Variant,
    /** What decided: the source of the key, or one of the words above. Never the key. */
    private readonly reason: Slice,
  ) {}

  /** As the access log has it. @param from what the client asked for @param to what it gets */
  describe(from: Slice, to: Slice): Slice {
    return new Builder(128)
      .appendText('{"rule":')
      .append(quote(this.rule.name))
      .appendText(',"variant":')
      .append(quote(this.variant.name))
      .appendText(',"from":')
      .append(quote(from))
      .appendText(',"to":')
      .append(quote(to))
      .appendText(',"key":')
      .append(quote(this.reason))
      .appendText("}")
      .view();
  }
}
