import { bytes, Slice } from "@ai-gateway-wasm/bytes";

/** What a text may be at fault in (content-security.md 4.3). */
export const enum Dimension {
  ContentModeration,
  PromptAttack,
  SensitiveData,
  MaliciousUrl,
  ModelHallucination,
  CustomLabel,
  /** A word of the service that has no bar: it never exceeds. */
  Unknown,
}

/** Number of dimensions with a bar and an action. */
export const DIMENSIONS: i32 = 6;

export const DIMENSION_NAMES: Slice[] = [
  bytes("contentModeration"),
  bytes("promptAttack"),
  bytes("sensitiveData"),
  bytes("maliciousUrl"),
  bytes("modelHallucination"),
  bytes("customLabel"),
];

export function dimensionOf(name: Slice): Dimension {
  for (let i = 0; i < DIMENSIONS; i++) {
    if (DIMENSION_NAMES[i].equals(name)) return i;
  }
  return Dimension.Unknown;
}

export function dimensionName(dimension: Dimension): Slice {
  return DIMENSION_NAMES[dimension];
}
