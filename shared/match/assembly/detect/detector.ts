import { Slice } from "@ai-gateway-wasm/bytes";
import { Finder } from "../find/finder";
import { Border } from "./border";
import { Check } from "./checks";
import { Detection } from "./detection";

/** A kind of sensitive value that is known without configuration (content-security.md 9.4). */
@final
export class Detector {
  /** Only for `findDetector`. */
  constructor(
    /** For a `PatternSet`; matches are candidates. */
    readonly pattern: Slice,
    /**
     * Matches in every text that has a candidate, and is quicker to look for: it begins with what is
     * rare. It does not say where.
     */
    readonly hint: Slice,
    /** They find the candidates, each some of them. */
    private readonly finders: Finder[],
    private readonly border: Border,
    private readonly check: Check,
  ) {}

  /** Looks for values in a text. */
  search(text: Slice): Detection {
    return new Detection(text, this.finders, this.border, this.check);
  }
}
