import { Slice } from "@ai-gateway-wasm/bytes";
import { Border } from "./border";
import { Check } from "./checks";
import { Detection } from "./detection";
import { Form, leadsOf } from "./forms";

/** A kind of sensitive value that is known without configuration (content-security.md 9.4). */
@final
export class Detector {
  private readonly leads: StaticArray<u8>;

  /** Only for `findDetector`. */
  constructor(
    /** For a `PatternSet`; matches are candidates. */
    readonly pattern: Slice,
    /**
     * Matches in every text that has a candidate, and is quicker to look for: it begins with what is
     * rare. It does not say where.
     */
    readonly hint: Slice,
    private readonly form: Form,
    private readonly border: Border,
    private readonly check: Check,
  ) {
    this.leads = leadsOf(form);
  }

  /** Looks for values in a text. */
  search(text: Slice): Detection {
    return new Detection(text, this.form, this.leads, this.border, this.check);
  }
}
