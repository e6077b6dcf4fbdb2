import { Slice } from "@ai-gateway-wasm/bytes";
import { Dimension, dimensionName } from "./dimension";
import { Finding, Judgement } from "./judgement";
import { levelOf } from "./level";
import { Action, Thresholds } from "./thresholds";

export const enum Verdict {
  Pass,
  /** The judge's other text takes the place of the text. */
  Mask,
  Deny,
}

/** By the level of the whole alone: `TextModerationPlus` (content-security.md 4.4). */
export function verdictOfWhole(judgement: Judgement, thresholds: Thresholds): Verdict {
  return thresholds.exceedsRisk(levelOf(judgement.risk)) ? Verdict.Deny : Verdict.Pass;
}

/** By dimensions: every other judge (content-security.md 4.4). */
export function verdictByDimension(judgement: Judgement, thresholds: Thresholds): Verdict {
  if (isRisky(judgement, thresholds) || isAttack(judgement, thresholds)) return Verdict.Deny;
  let verdict = Verdict.Pass;
  for (let i = 0; i < judgement.findings.length; i++) {
    const finding = judgement.findings[i];
    if (!exceeds(finding, judgement, thresholds)) continue;
    if (!isMasked(finding, thresholds)) return Verdict.Deny;
    verdict = Verdict.Mask;
  }
  return verdict;
}

/**
 * By dimensions, but the judge decides between another text and a refusal: those that are asked to
 * do just that (content-security.md 8.4, 8.5).
 */
export function verdictAsOffered(judgement: Judgement, thresholds: Thresholds): Verdict {
  let verdict = Verdict.Pass;
  for (let i = 0; i < judgement.findings.length; i++) {
    const finding = judgement.findings[i];
    if (!exceeds(finding, judgement, thresholds)) continue;
    if (!finding.canMask) return Verdict.Deny;
    verdict = Verdict.Mask;
  }
  return verdict;
}

/**
 * What a refusal names (content-security.md 4.5): the findings that block, in the judge's order; if
 * there are none, what the levels of the whole say.
 */
export function blockingFindings(judgement: Judgement, thresholds: Thresholds): Finding[] {
  if (judgement.isFinal) return judgement.findings;
  const found: Finding[] = [];
  for (let i = 0; i < judgement.findings.length; i++) {
    const finding = judgement.findings[i];
    if (!exceeds(finding, judgement, thresholds)) continue;
    if (!isMasked(finding, thresholds)) found.push(finding);
  }
  if (found.length > 0) return found;
  if (isRisky(judgement, thresholds))
    found.push(whole(Dimension.ContentModeration, judgement.risk));
  if (isAttack(judgement, thresholds)) found.push(whole(Dimension.PromptAttack, judgement.attack));
  return found;
}

function isRisky(judgement: Judgement, thresholds: Thresholds): bool {
  const level = levelOf(judgement.risk);
  return thresholds.exceeds(Dimension.ContentModeration, level, judgement.defaultBar);
}

function isAttack(judgement: Judgement, thresholds: Thresholds): bool {
  const level = levelOf(judgement.attack);
  return thresholds.exceeds(Dimension.PromptAttack, level, judgement.defaultBar);
}

function exceeds(finding: Finding, judgement: Judgement, thresholds: Thresholds): bool {
  return thresholds.exceeds(finding.dimension, levelOf(finding.level), judgement.defaultBar);
}

function isMasked(finding: Finding, thresholds: Thresholds): bool {
  return finding.canMask && thresholds.actionOf(finding.dimension) == Action.Mask;
}

function whole(dimension: Dimension, level: Slice): Finding {
  return new Finding(dimension, dimensionName(dimension), level);
}
