import { isInteger, JsonValue, saturate } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { Dimension, dimensionOf } from "../../judge/dimension";
import { Finding, Judgement } from "../../judge/judgement";
import { LEVEL_MAX } from "../../judge/level";
import { findText, isText, readObject } from "../document";

const CODE: Slice = bytes("Code");
const REQUEST_ID: Slice = bytes("RequestId");
const DATA: Slice = bytes("Data");
const RISK_LEVEL: Slice = bytes("RiskLevel");
const ATTACK_LEVEL: Slice = bytes("AttackLevel");
const RESULT: Slice = bytes("Result");
const ADVICE: Slice = bytes("Advice");
const DETAIL: Slice = bytes("Detail");
const LABEL: Slice = bytes("Label");
const RISK_WORDS: Slice = bytes("RiskWords");
const TYPE: Slice = bytes("Type");
const LEVEL: Slice = bytes("Level");
const SUGGESTION: Slice = bytes("Suggestion");
const EXT: Slice = bytes("Ext");
const DESENSITIZATION: Slice = bytes("Desensitization");
const MASK: Slice = bytes("mask");

const SUCCESS: i64 = 200;

/**
 * An answer of the service (content-security.md 4.3). Members that decide something must have their
 * type or be null, as Go decodes them: else the whole answer is a failure, null. The others may be
 * anything (section 6, no. 11).
 */
export function parseAnswer(body: Slice): Judgement | null {
  const answer = readObject(body);
  if (answer === null || codeOf(answer) != SUCCESS) return null;
  const judgement = new Judgement();
  judgement.defaultBar = LEVEL_MAX;
  judgement.requestId = idIn(answer);
  const data = answer.get(DATA);
  if (data === null || data.isNull) return judgement;
  return data.isObject && readData(data, judgement) ? judgement : null;
}

/** Id of the call in any answer. */
export function requestIdIn(body: Slice): Slice {
  const answer = readObject(body);
  return answer === null ? NO_BYTES : idIn(answer);
}

function idIn(answer: JsonValue): Slice {
  return trim(findText(answer, REQUEST_ID));
}

function codeOf(answer: JsonValue): i64 {
  const code = answer.get(CODE);
  return code !== null && code.isNumber && isInteger(code.raw) ? saturate(code.raw) : 0;
}

/** False: a type is wrong. */
function readData(data: JsonValue, judgement: Judgement): bool {
  if (!areTexts(data, RISK_LEVEL, ATTACK_LEVEL)) return false;
  if (!isListOfObjects(data, RESULT) || !isListOfObjects(data, ADVICE)) return false;
  judgement.risk = findText(data, RISK_LEVEL);
  judgement.attack = findText(data, ATTACK_LEVEL);
  const advice = data.get(ADVICE);
  judgement.hasAdvice = advice !== null && !advice.isNull;
  const first = firstResult(data);
  if (first !== null) {
    judgement.hasResult = true;
    judgement.label = findText(first, LABEL);
    judgement.words = findText(first, RISK_WORDS);
  }
  return readDetails(data, judgement);
}

function readDetails(data: JsonValue, judgement: Judgement): bool {
  if (!isListOfObjects(data, DETAIL)) return false;
  const details = data.get(DETAIL);
  if (details === null) return true;
  const cursor = details.entries();
  while (cursor.next()) {
    if (!readDetail(cursor.value, judgement)) return false;
  }
  return true;
}

function readDetail(detail: JsonValue, judgement: Judgement): bool {
  if (!areTexts(detail, TYPE, LEVEL) || !isTextOrNothing(detail, SUGGESTION)) return false;
  if (!isListOfObjects(detail, RESULT)) return false;
  const type = findText(detail, TYPE);
  const dimension = dimensionOf(type);
  const canMask = isText(detail, SUGGESTION, MASK);
  judgement.findings.push(new Finding(dimension, type, findText(detail, LEVEL), canMask));
  if (canMask && dimension == Dimension.SensitiveData && judgement.masked === null) {
    const text = desensitised(detail);
    if (!text.isEmpty) judgement.masked = text;
  }
  return true;
}

/** What the service would put in place of the text; no bytes: nothing. */
function desensitised(detail: JsonValue): Slice {
  const first = firstResult(detail);
  if (first === null) return NO_BYTES;
  const ext = first.get(EXT);
  return ext === null ? NO_BYTES : findText(ext, DESENSITIZATION);
}

function firstResult(object: JsonValue): JsonValue | null {
  const results = object.get(RESULT);
  return results === null ? null : results.item(0);
}

function areTexts(object: JsonValue, first: Slice, second: Slice): bool {
  return isTextOrNothing(object, first) && isTextOrNothing(object, second);
}

function isTextOrNothing(object: JsonValue, key: Slice): bool {
  const value = object.get(key);
  return value === null || value.isNull || value.isString;
}

/** A list whose elements are objects or null; or no list at all. */
function isListOfObjects(object: JsonValue, key: Slice): bool {
  const list = object.get(key);
  if (list === null || list.isNull) return true;
  if (!list.isArray) return false;
  const cursor = list.entries();
  while (cursor.next()) {
    const item = cursor.value;
    if (!item.isObject && !item.isNull) return false;
  }
  return true;
}
