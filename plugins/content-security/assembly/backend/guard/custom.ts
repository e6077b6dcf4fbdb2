import { Slice, trim } from "@ai-gateway-wasm/bytes";
import { Regex } from "@ai-gateway-wasm/match";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { addFinding } from "../findings";
import { GuardParser } from "./parser";

/** Any model that says something the operator can describe (content-security.md 8.3). */
@final
export class CustomParser extends GuardParser {
  /** @param unsafe found in answers that speak against the text; null: it could not be compiled */
  constructor(private readonly unsafe: Regex | null) {
    super();
  }

  override parse(content: Slice): Judgement | null {
    const unsafe = this.unsafe;
    if (unsafe === null || trim(content).isEmpty) return null;
    const judgement = new Judgement();
    if (unsafe.matches(content)) addFinding(judgement, Dimension.ContentModeration);
    return judgement;
  }
}
