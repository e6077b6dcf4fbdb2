import { boolOf, JsonValue, numberOf } from "@ai-gateway-wasm/as-json";
import { bytes, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { addFinding, addLabel } from "../findings";
import { ID } from "../../words";

const RESULTS: Slice = bytes("results");
const FLAGGED: Slice = bytes("flagged");
const CATEGORIES: Slice = bytes("categories");
const SCORES: Slice = bytes("category_scores");
const PII: Slice = bytes("pii");

/** A score from which a category counts even if the service does not flag it. */
@final
export class ScoreThreshold {
  constructor(
    readonly category: Slice,
    readonly score: f64,
  ) {}
}

/**
 * An answer of a moderations API (content-security.md 8.1), with a result per item; Mistral's do not
 * say whether they are flagged. Null: there are too few results, or they hold no categories.
 *
 * @param parts that were asked about at once; 0: it was one text or image
 */
export function parseModeration(
  body: Slice,
  thresholds: ScoreThreshold[],
  parts: i32,
): Judgement | null {
  const answer = readObject(body);
  if (answer === null) return null;
  const results = answer.get(RESULTS);
  if (results === null || results.count() < max(1, parts) || !results.isArray) return null;
  const judgement = new Judgement();
  judgement.requestId = findText(answer, ID);
  const cursor = results.entries();
  while (cursor.next()) {
    if (!readResult(cursor.value, thresholds, judgement)) return null;
  }
  return judgement;
}

function readResult(result: JsonValue, thresholds: ScoreThreshold[], judgement: Judgement): bool {
  const flagged = result.get(FLAGGED);
  const isSaid = flagged !== null && flagged.isBoolean;
  const categories = result.get(CATEGORIES);
  if (flagged !== null && !isSaid && !flagged.isNull) return false;
  if (categories === null || !categories.isObject) return false;
  if (!isSaid || boolOf(flagged)) {
    const found = addCategories(categories, judgement);
    if (isSaid && !found) addFinding(judgement, Dimension.ContentModeration);
  }
  const scores = result.get(SCORES);
  if (scores !== null) addScores(scores, thresholds, judgement);
  return true;
}

/** False: no category is true. */
function addCategories(categories: JsonValue, judgement: Judgement): bool {
  let found = false;
  const cursor = categories.entries();
  while (cursor.next()) {
    const isHit = cursor.value;
    if (!isHit.isBoolean || !boolOf(isHit)) continue;
    found = true;
    addCategory(judgement, cursor.key);
  }
  return found;
}

function addScores(scores: JsonValue, thresholds: ScoreThreshold[], judgement: Judgement): void {
  if (judgement.findings.length > 0) return;
  for (let i = 0; i < thresholds.length; i++) {
    const score = scores.get(thresholds[i].category);
    if (score === null || !score.isNumber || numberOf(score) < thresholds[i].score) continue;
    addCategory(judgement, thresholds[i].category);
  }
}

function addCategory(judgement: Judgement, name: Slice): void {
  const isPii = equalsIgnoreCase(name, PII);
  addFinding(judgement, isPii ? Dimension.SensitiveData : Dimension.ContentModeration);
  addLabel(judgement, name);
}
