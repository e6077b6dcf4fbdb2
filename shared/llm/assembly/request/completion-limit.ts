import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { JsonValue, integerOf, readJson } from "@ai-gateway-wasm/as-json";

const MAX_COMPLETION_TOKENS: Slice = bytes("max_completion_tokens");
const MAX_TOKENS: Slice = bytes("max_tokens");
const MAX_OUTPUT_TOKENS: Slice = bytes("max_output_tokens");
const GENERATION_CONFIG: Slice = bytes("generationConfig");
const GEMINI_MAX_OUTPUT_TOKENS: Slice = bytes("maxOutputTokens");

/** Answer of `findCompletionLimit` when the request sets no limit. */
export const NO_LIMIT: i64 = -1;

/**
 * How many tokens a request allows the answer to have: `max_completion_tokens`, `max_tokens`,
 * `max_output_tokens` or Gemini's `generationConfig.maxOutputTokens`, the first that is above 0
 * (token-rate-limit contract 7.5); else `NO_LIMIT`. The body may be cut off or malformed.
 */
export function findCompletionLimit(body: Slice): i64 {
  const root = readJson(body);
  if (root === null) return NO_LIMIT;
  let limit = integerOf(root.get(MAX_COMPLETION_TOKENS));
  if (limit <= 0) limit = integerOf(root.get(MAX_TOKENS));
  if (limit <= 0) limit = integerOf(root.get(MAX_OUTPUT_TOKENS));
  if (limit <= 0) limit = integerOf(memberOf(root.get(GENERATION_CONFIG)));
  return limit > 0 ? min(limit, 1_000_000_000_000) : NO_LIMIT;
}

function memberOf(config: JsonValue | null): JsonValue | null {
  return config === null ? null : config.get(GEMINI_MAX_OUTPUT_TOKENS);
}
