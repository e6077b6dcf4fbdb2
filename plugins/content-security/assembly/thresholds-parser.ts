import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Doubts } from "./doubts";
import { Dimension, DIMENSIONS, dimensionName } from "./judge/dimension";
import { LEVEL_LOW, levelOf, NO_LEVEL } from "./judge/level";
import { Action, Thresholds } from "./judge/thresholds";

const BLOCK: Slice = bytes("block");
const MASK: Slice = bytes("mask");

/** The order in which the peer looks at the bars: of several faults it tells the first. */
const BARS: StaticArray<i32> = [0, 1, 2, 4, 3, 5];

/**
 * Actions at the top level (content-security.md 2.3).
 *
 * @param ignoresActions by dimension, of which the peer's `TextModerationPlus` only warns
 */
export function readActions(
  config: ConfigReader,
  doubts: Doubts,
  ignoresActions: bool,
): Thresholds {
  const thresholds = new Thresholds();
  new ActionReader(config, thresholds, doubts).read("", ignoresActions);
  return thresholds;
}

/** The bars beside them. */
export function readTopBars(config: ConfigReader, thresholds: Thresholds): void {
  readBars(config, thresholds);
  for (let k = 0; k < BARS.length; k++) {
    const i = BARS[k];
    const field = barField(i);
    if (config.has(field) && thresholds.bars[i] < LEVEL_LOW) {
      const levels = i == Dimension.SensitiveData ? "S4, S3, S2, S1" : "max, high, medium, low";
      config.refuseWith("invalid " + field + ", value must be one of [" + levels + "]");
    }
  }
}

/** Those of one consumer: a word that is no level is reached by every text, as in the peer. */
export function readConsumerThresholds(
  item: ConfigReader,
  thresholds: Thresholds,
  doubts: Doubts,
  ignoresActions: bool,
): void {
  new ActionReader(item, thresholds, doubts).read(" in consumerRiskLevel", ignoresActions);
  readBars(item, thresholds);
  doubtBar(item, "riskLevelBar", doubts);
  for (let i = 0; i < DIMENSIONS; i++) doubtBar(item, barField(i), doubts);
}

/** Every level reaches a word that is none, as in the peer. */
export function doubtBar(config: ConfigReader, field: string, doubts: Doubts): void {
  if (!config.has(field) || levelOf(config.text(field)) != NO_LEVEL) return;
  doubts.note(config, field, "is no level, so whatever is judged reaches it");
}

function readBars(config: ConfigReader, into: Thresholds): void {
  if (config.has("riskLevelBar")) into.riskBar = levelOf(config.text("riskLevelBar"));
  for (let i = 0; i < DIMENSIONS; i++) {
    const field = barField(i);
    if (config.has(field)) into.bars[i] = levelOf(config.text(field));
  }
}


@final
class ActionReader {
  constructor(
    private readonly config: ConfigReader,
    private readonly into: Thresholds,
    private readonly doubts: Doubts,
  ) {}

  /** @param where for messages. @param ignores those by dimension: one warning tells */
  read(where: string, ignores: bool): void {
    const config = this.config;
    let isWarned: bool = false;
    this.into.riskAction = readAction(config, "riskAction", where);
    for (let i = 0; i < DIMENSIONS; i++) {
      const field = dimensionName(i).toString() + "Action";
      const isIgnored = ignores && config.has(field);
      if (!isIgnored) this.into.actions[i] = this.readOne(i, field, where);
      else this.into.actions[i] = actionIn(config, field); // a refusal lists what it blocks
      if (isIgnored && !isWarned) {
        this.doubts.warn(config, field, "is ignored with TextModerationPlus");
      }
      isWarned = isWarned || isIgnored;
    }
  }

  private readOne(dimension: Dimension, field: string, where: string): Action {
    const action = readAction(this.config, field, where);
    if (action == Action.Mask && dimension != Dimension.SensitiveData) {
      this.doubts.warn(this.config, field, "counts as block");
    }
    return action;
  }
}

function readAction(config: ConfigReader, field: string, where: string): Action {
  const action = actionIn(config, field);
  if (action == Action.Unset && config.has(field)) {
    config.refuseWith("invalid " + field + where + ", value must be one of [block, mask]");
  }
  return action;
}

/** `Unset`: another word, or none. */
function actionIn(config: ConfigReader, field: string): Action {
  const word = config.text(field);
  if (word.equals(BLOCK)) return Action.Block;
  return word.equals(MASK) ? Action.Mask : Action.Unset;
}

function barField(dimension: Dimension): string {
  return dimensionName(dimension).toString() + "LevelBar";
}
