import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readNumber } from "../config/number";

/** How scores that are good enough stand to the threshold. */
const enum Relation {
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
}

/** In the order of `Relation`. */
const RELATIONS: string[] = ["lt", "lte", "gt", "gte"];
const DEFAULT_THRESHOLD: f64 = 1000;

/** Which scores are good enough: `threshold` and `thresholdRelation` (ai-cache.md 2.3). */
@final
export class Threshold {
  constructor(
    private readonly relation: Relation,
    private readonly value: f64,
    /** Somebody chose it. */
    readonly isConfigured: bool,
    /** Nobody said whether scores are to be below or above it. */
    readonly hasNoRelation: bool,
  ) {}

  accepts(score: f64): bool {
    switch (this.relation) {
      case Relation.Less:
        return score < this.value;
      case Relation.LessOrEqual:
        return score <= this.value;
      case Relation.Greater:
        return score > this.value;
      default:
        return score >= this.value;
    }
  }
}

export function readThreshold(config: ConfigReader): Threshold {
  const relation = readRelation(config);
  const value = readNumber(config, "threshold");
  const isConfigured = !isNaN(value);
  const hasNoRelation = config.text("thresholdRelation").isEmpty;
  return new Threshold(
    relation,
    isConfigured ? value : DEFAULT_THRESHOLD,
    isConfigured,
    hasNoRelation,
  );
}

function readRelation(config: ConfigReader): Relation {
  const text = config.text("thresholdRelation", bytes(RELATIONS[0]));
  const place = text.isEmpty ? 0 : placeOf(text);
  if (place < 0) {
    config.refuse("thresholdRelation", "invalid thresholdRelation: " + text.toString());
  }
  return place as Relation;
}

function placeOf(text: Slice): i32 {
  for (let i = 0; i < RELATIONS.length; i++) {
    if (text.equals(bytes(RELATIONS[i]))) return i;
  }
  return -1;
}
