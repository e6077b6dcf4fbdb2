import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension } from "../../judge/dimension";
import { Finding, Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { addFinding } from "../findings";
import { readAssessment } from "./assessment";
import { TEXT } from "../../words";

const ACTION: Slice = bytes("action");
const NONE: Slice = bytes("NONE");
const INTERVENED: Slice = bytes("GUARDRAIL_INTERVENED");
const OUTPUTS: Slice = bytes("outputs");
const ASSESSMENTS: Slice = bytes("assessments");

/**
 * An answer of ApplyGuardrail (content-security.md 8.5): where everything found was made anonymous,
 * its text takes the place of ours, else it is what to tell the user. Null: it is none.
 */
export function parseGuardrail(body: Slice): Judgement | null {
  const answer = readObject(body);
  if (answer === null) return null;
  const action = findText(answer, ACTION);
  const judgement = new Judgement();
  if (action.equals(NONE)) return judgement;
  if (!action.equals(INTERVENED)) return null;
  readAssessments(answer, judgement);
  const output = outputOf(answer);
  if (output !== null && isAnonymous(judgement.findings)) judgement.masked = output;
  else refuse(judgement, output);
  return judgement;
}

function readAssessments(answer: JsonValue, judgement: Judgement): void {
  const assessments = answer.get(ASSESSMENTS);
  if (assessments === null) return;
  const cursor = assessments.entries();
  while (cursor.next()) readAssessment(cursor.value, judgement);
}

/** Something was found, all of it can be masked. */
function isAnonymous(findings: Finding[]): bool {
  for (let i = 0; i < findings.length; i++) {
    if (!findings[i].canMask) return false;
  }
  return findings.length > 0;
}

/** What was not named, or has no text to take its place, is refused, too. */
function refuse(judgement: Judgement, output: Slice | null): void {
  if (output !== null) judgement.message = output;
  const findings = judgement.findings;
  if (findings.length == 0) addFinding(judgement, Dimension.ContentModeration);
  else if (isAnonymous(findings)) findings.push(withoutText(findings[0]));
}

function withoutText(finding: Finding): Finding {
  return new Finding(finding.dimension, finding.type, finding.level);
}

/** The first output, kept; null: there is none. */
function outputOf(answer: JsonValue): Slice | null {
  const outputs = answer.get(OUTPUTS);
  if (outputs === null) return null;
  const first = outputs.item(0);
  if (first === null) return null;
  const text = first.get(TEXT);
  if (text === null || !text.isString) return null;
  return findText(first, TEXT);
}
