import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Choice } from "./split/choice";

const SLASH: u8 = 0x2f;

/** What becomes of a request: which model it asks for in the end, and of whom. */
@final
export class Target {
  /** Empty: nobody in particular. */
  provider: Slice = NO_BYTES;
  /** The variant of a split; null: no rule was for it. */
  choice: Choice | null = null;
  /** The model that was chosen by what the user wrote; null: the client chose. */
  chosen: Slice | null = null;

  /** With its provider in front of it, if the name has one. */
  model: Slice;

  constructor(
    /** As the client named it, without blanks around it. */
    readonly asked: Slice,
  ) {
    this.model = asked;
  }

  /** True while the model is as it was chosen: no provider is taken out of that. */
  get isChosen(): bool {
    return this.chosen !== null && this.chosen === this.model;
  }

  /**
   * Takes the provider out of `provider/model`, at the first slash. A name that begins or ends with
   * it has none.
   *
   * @returns the model alone
   */
  cutProvider(): Slice {
    const slash = this.model.indexOf(SLASH);
    if (slash <= 0 || slash == this.model.length - 1) return this.model;
    this.provider = this.model.sub(0, slash);
    return this.model.sub(slash + 1);
  }
}
