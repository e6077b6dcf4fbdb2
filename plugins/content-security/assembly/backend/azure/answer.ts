import { boolOf, integerOf, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { LEVEL_HIGH, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_NONE } from "../../judge/level";
import { findText, readObject } from "../document";
import { addFinding, addLabel, addWords } from "../findings";

const CATEGORIES: Slice = bytes("categoriesAnalysis");
const CATEGORY: Slice = bytes("category");
const SEVERITY: Slice = bytes("severity");
const BLOCKLISTS: Slice = bytes("blocklistsMatch");
const BLOCKLIST: Slice = bytes("blocklistName");
const ITEM: Slice = bytes("blocklistItemText");
const USER_PROMPT: Slice = bytes("userPromptAnalysis");
const DOCUMENTS: Slice = bytes("documentsAnalysis");
const ATTACK: Slice = bytes("attackDetected");

/** An answer of `text:analyze` or `image:analyze` (content-security.md 8.2). Null: it is none. */
export function parseAnalysis(body: Slice): Judgement | null {
  const answer = readObject(body);
  if (answer === null) return null;
  const categories = answer.get(CATEGORIES);
  if (categories === null || !categories.isArray) return null;
  const judgement = new Judgement();
  const cursor = categories.entries();
  while (cursor.next()) {
    if (!readCategory(cursor.value, judgement)) return null;
  }
  return readBlocklists(answer, judgement) ? judgement : null;
}

/** An answer of `text:shieldPrompt`. Null: it is none. @param sent documents, of which it must speak */
export function parseShield(body: Slice, sent: i32): Judgement | null {
  const answer = readObject(body);
  if (answer === null) return null;
  const prompt = answer.get(USER_PROMPT);
  if (prompt === null) return null;
  const judgement = new Judgement();
  if (!readAttack(prompt, judgement)) return null;
  const documents = answer.get(DOCUMENTS);
  if (documents === null || !documents.isArray) return sent > 0 ? null : judgement;
  if (documents.count() < sent) return null;
  const cursor = documents.entries();
  while (cursor.next()) {
    if (!readAttack(cursor.value, judgement)) return null;
  }
  return judgement;
}

/** False: it is no category. */
function readCategory(item: JsonValue, judgement: Judgement): bool {
  const severity = item.get(SEVERITY);
  if (severity === null || !severity.isNumber) return false;
  const level = levelOfSeverity(integerOf(severity));
  addFinding(judgement, Dimension.ContentModeration, level);
  if (level > LEVEL_NONE) addLabel(judgement, findText(item, CATEGORY));
  return true;
}

/** Four severities are 0, 2, 4 and 6, eight are 0 to 7. */
function levelOfSeverity(severity: i64): i32 {
  if (severity <= 0) return LEVEL_NONE;
  if (severity <= 2) return LEVEL_LOW;
  return severity <= 4 ? LEVEL_MEDIUM : LEVEL_HIGH;
}

/** False: the member is something else. */
function readBlocklists(answer: JsonValue, judgement: Judgement): bool {
  const matches = answer.get(BLOCKLISTS);
  if (matches === null || matches.isNull) return true;
  if (!matches.isArray) return false;
  const cursor = matches.entries();
  while (cursor.next()) {
    const match = cursor.value;
    addFinding(judgement, Dimension.CustomLabel);
    addLabel(judgement, findText(match, BLOCKLIST));
    addWords(judgement, findText(match, ITEM));
  }
  return true;
}

/** False: it does not say whether it is an attack. */
function readAttack(analysis: JsonValue, judgement: Judgement): bool {
  const attack = analysis.get(ATTACK);
  if (attack === null || !attack.isBoolean) return false;
  if (!boolOf(attack)) return true;
  addFinding(judgement, Dimension.PromptAttack);
  judgement.hasResult = true;
  judgement.label = ATTACK;
  return true;
}
