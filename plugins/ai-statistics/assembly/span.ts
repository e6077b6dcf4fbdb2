import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { setSpanTag } from "@ai-gateway-wasm/kit/attributes";
import { SPAN_INPUT, SPAN_MODEL, SPAN_OUTPUT, SPAN_TOTAL } from "./names";
import { Usage } from "./usage";

/** What an answer used, as tags of the active span. */
@final
export class UsageTags {
  private total: i64 = 0;
  private output: i64 = 0;

  /** Sets the tags when there is something new to say. */
  update(usage: Usage): void {
    if (usage.total <= 0 || (usage.total == this.total && usage.output == this.output)) return;
    this.total = usage.total;
    this.output = usage.output;
    if (!usage.model.isEmpty) setSpanTag(SPAN_MODEL, usage.model);
    setSpanTag(SPAN_INPUT, digits(usage.input));
    setSpanTag(SPAN_OUTPUT, digits(usage.output));
    setSpanTag(SPAN_TOTAL, digits(usage.total));
  }
}

function digits(count: i64): Slice {
  return bytes(decimal(count));
}
