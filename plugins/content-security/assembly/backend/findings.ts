import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Dimension, dimensionName } from "../judge/dimension";
import { Finding, Judgement } from "../judge/judgement";
import { LEVEL_HIGH, LEVEL_MEDIUM, LEVEL_NONE, levelOf, levelWord } from "../judge/level";

const SENSITIVE_MEDIUM: Slice = bytes("s2");
const SENSITIVE_HIGH: Slice = bytes("s3");

/**
 * Writes down what was found, in a dimension once: with its highest level, and to be masked only if
 * all of it can be.
 */
export function addFinding(
  judgement: Judgement,
  dimension: Dimension,
  level: i32 = LEVEL_HIGH,
  canMask: bool = false,
): void {
  if (level == LEVEL_NONE) return;
  const findings = judgement.findings;
  for (let i = 0; i < findings.length; i++) {
    const known = findings[i];
    if (known.dimension != dimension) continue;
    const highest = max(level, levelOf(known.level));
    findings[i] = findingOf(dimension, highest, known.canMask && canMask);
    return;
  }
  findings.push(findingOf(dimension, level, canMask));
}

/** Adds a name to the list that the audit shows. */
export function addLabel(judgement: Judgement, name: Slice): void {
  judgement.hasResult = judgement.hasResult || !name.isEmpty;
  judgement.label = joined(judgement.label, name);
}

export function addWords(judgement: Judgement, words: Slice): void {
  judgement.words = joined(judgement.words, words);
}

function findingOf(dimension: Dimension, level: i32, canMask: bool): Finding {
  return new Finding(dimension, dimensionName(dimension), wordOf(dimension, level), canMask);
}

/** Sensitive data has words of its own (content-security.md 2.3). */
function wordOf(dimension: Dimension, level: i32): Slice {
  if (dimension != Dimension.SensitiveData) return levelWord(level);
  if (level == LEVEL_HIGH) return SENSITIVE_HIGH;
  return level == LEVEL_MEDIUM ? SENSITIVE_MEDIUM : levelWord(level);
}

function joined(list: Slice, name: Slice): Slice {
  if (list.isEmpty || name.isEmpty) return name.isEmpty ? list : name.kept();
  return new Builder().append(list).appendByte(0x2c).append(name).toSlice();
}
