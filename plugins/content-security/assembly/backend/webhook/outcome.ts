import { Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { LEVEL_HIGH } from "../../judge/level";
import { addFinding, addLabel } from "../findings";

/** The text is refused. @param reason for the audit; may be empty */
export function refuse(judgement: Judgement, reason: Slice): Judgement {
  addFinding(judgement, Dimension.ContentModeration);
  addLabel(judgement, reason);
  return judgement;
}

/** Another text takes the place of `original`; without one it is refused. */
export function replace(
  judgement: Judgement,
  original: Slice,
  text: Slice | null,
  reason: Slice,
): Judgement {
  if (text === null) return refuse(judgement, reason);
  if (text.equals(original)) return judgement;
  addFinding(judgement, Dimension.SensitiveData, LEVEL_HIGH, true);
  addLabel(judgement, reason);
  judgement.masked = text;
  return judgement;
}
