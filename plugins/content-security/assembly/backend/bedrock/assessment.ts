import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Judgement } from "../../judge/judgement";
import { LEVEL_HIGH } from "../../judge/level";
import { findText, isText } from "../document";
import { addFinding, addLabel, addWords } from "../findings";
import { TYPE } from "../../words";

const TOPICS: Slice = bytes("topicPolicy");
const CONTENT: Slice = bytes("contentPolicy");
const WORDS: Slice = bytes("wordPolicy");
const SENSITIVE: Slice = bytes("sensitiveInformationPolicy");
const GROUNDING: Slice = bytes("contextualGroundingPolicy");

const ACTION: Slice = bytes("action");
const BLOCKED: Slice = bytes("BLOCKED");
const ANONYMIZED: Slice = bytes("ANONYMIZED");

const NAME: Slice = bytes("name");
const MATCH: Slice = bytes("match");
const PROMPT_ATTACK: Slice = bytes("PROMPT_ATTACK");

/** Adds what one assessment found and acted on (content-security.md 8.5). */
export function readAssessment(assessment: JsonValue, judgement: Judgement): void {
  const policies = assessment.entries();
  while (policies.next()) {
    const dimension = dimensionOfPolicy(policies.key);
    if (dimension == Dimension.Unknown) continue;
    const lists = policies.value.entries();
    while (lists.next()) readItems(lists.value, dimension, judgement);
  }
}

/** Policies that no list here names find nothing that could be acted on. */
function dimensionOfPolicy(name: Slice): Dimension {
  if (name.equals(CONTENT)) return Dimension.ContentModeration;
  if (name.equals(SENSITIVE)) return Dimension.SensitiveData;
  if (name.equals(GROUNDING)) return Dimension.ModelHallucination;
  return name.equals(TOPICS) || name.equals(WORDS) ? Dimension.CustomLabel : Dimension.Unknown;
}

/** Items of a policy: topics, filters, words, entities. */
function readItems(list: JsonValue, dimension: Dimension, judgement: Judgement): void {
  const items = list.entries();
  while (items.next()) {
    const item = items.value;
    const isBlocked = isText(item, ACTION, BLOCKED);
    if (!isBlocked && !isText(item, ACTION, ANONYMIZED)) continue;
    const isAttack = isText(item, TYPE, PROMPT_ATTACK);
    add(item, isAttack ? Dimension.PromptAttack : dimension, !isBlocked, judgement);
  }
}

/** What is named by itself is a label; what it was found in, words, unless that is sensitive. */
function add(item: JsonValue, dimension: Dimension, canMask: bool, judgement: Judgement): void {
  addFinding(judgement, dimension, LEVEL_HIGH, canMask);
  const name = findText(item, NAME);
  addLabel(judgement, name.isEmpty ? findText(item, TYPE) : name);
  if (dimension != Dimension.SensitiveData) addWords(judgement, findText(item, MATCH));
}
