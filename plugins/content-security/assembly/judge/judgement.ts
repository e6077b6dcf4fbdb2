import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "./dimension";
import { LEVEL_HIGH } from "./level";

/** One thing that a judge found in a text. What it holds is kept. */
@final
export class Finding {
  constructor(
    readonly dimension: Dimension,
    /** The dimension as the judge spells it. */
    readonly type: Slice,
    /** As the judge spells it: `levelOf` knows its number. */
    readonly level: Slice,
    /** The judge offers a text without what it found. */
    readonly canMask: bool = false,
  ) {}
}

/** What a judge says of a text or an image (content-security.md 4.3, 8). */
@final
export class Judgement {
  /** The service's own number for the answer; of other judges 200. */
  code: i64 = 200;
  /** Id of the call, for the audit; no bytes: it has none. */
  requestId: Slice = NO_BYTES;
  /** Level of the whole, as the service spells it; no bytes: it says none. */
  risk: Slice = NO_BYTES;
  /** Level of an attack on the model, as the service spells it; no bytes: it says none. */
  attack: Slice = NO_BYTES;
  readonly findings: Finding[] = [];
  /** Bar of dimensions that nobody gave one: what a judge flags is refused (content-security.md 8). */
  defaultBar: i32 = LEVEL_HIGH;
  /** What was found blocks, whatever the bars: a rule of the operator's own says so. */
  isFinal: bool = false;
  /** It is a refusal because nothing is left of the text without what was found. */
  isFailedMask: bool = false;
  /** There is something that the audit can say of a refusal, in `label` and `words`. */
  hasResult: bool = false;
  /** The judge has advice, or is none that gives any. */
  hasAdvice: bool = true;
  label: Slice = NO_BYTES;
  words: Slice = NO_BYTES;
  /** What the judge would tell the user in place of the text; no bytes: it does not say. */
  message: Slice = NO_BYTES;
  /** The text without what was found; null: the judge has none. Empty: nothing is left. */
  masked: Slice | null = null;
}
