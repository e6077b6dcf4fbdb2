import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Phase } from "./judge/backend";
import { ownFlag } from "./own-fields";

/** What becomes of a text that a judge has another one for. */
export const enum Masking {
  /** That one takes its place. */
  Apply,
  /** Nothing, as in the peer. */
  Pass,
  /** It is refused. */
  Deny,
}

/** What becomes of texts that services would mask. */
@final
export class MaskingPolicy {
  private readonly request: Masking;
  private readonly answer: Masking;

  /**
   * @param canMask bodies of the API can have another text
   * @param isCloud the peer lets pass what it does not mask, answers among them
   */
  constructor(config: ConfigReader, canMask: bool, isCloud: bool) {
    const masksAnswers = ownFlag(config, "maskResponse", !isCloud);
    const other = isCloud ? Masking.Pass : Masking.Deny;
    this.request = canMask ? Masking.Apply : other;
    this.answer = !canMask ? other : masksAnswers ? Masking.Apply : Masking.Pass;
  }

  of(phase: Phase): Masking {
    return phase == Phase.Request ? this.request : this.answer;
  }
}
