import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { JsonCursor, JsonValue, integerOf, readJson } from "@ai-gateway-wasm/as-json";

const MAX_COMPLETION_TOKENS: Slice = bytes("max_completion_tokens");
const MAX_TOKENS: Slice = bytes("max_tokens");
const MAX_OUTPUT_TOKENS: Slice = bytes("max_output_tokens");
const GENERATION_CONFIG: Slice = bytes("generationConfig");
const GEMINI_MAX_OUTPUT_TOKENS: Slice = bytes("maxOutputTokens");

/** Answer of `findCompletionLimit` when the request sets no limit. */
export const NO_LIMIT: i64 = -1;

/** No server gives more. */
const MOST: i64 = 1_000_000_000_000;
/** Who names limits more often is after our memory, and gets no less than `MOST`. */
const MOST_NAMES: i32 = 1000;

/**
 * How many tokens a request allows the answer to have: the largest of `max_completion_tokens`,
 * `max_tokens`, `max_output_tokens` and Gemini's `generationConfig.maxOutputTokens`
 * (token-rate-limit contract 7.5); else `NO_LIMIT`. Nobody knows which of several a server takes, nor
 * of repeated ones, nor in which case of letters: a client must not be able to say less than it gets.
 * The body may be cut off or malformed.
 *
 * @param isCompletions it goes to an API of OpenAI's that knows the first two only
 */
export function findCompletionLimit(body: Slice, isCompletions: bool): i64 {
  const root = readJson(body);
  if (root === null || !root.isObject) return NO_LIMIT;
  let limit: i64 = 0;
  let names = 0;
  const members = root.entries();
  while (members.next()) {
    const isOfGemini = !isCompletions && members.keyIsLike(GENERATION_CONFIG);
    if (!isOfGemini && !isLimit(members, isCompletions)) continue;
    if (++names > MOST_NAMES) return MOST;
    limit = max(limit, isOfGemini ? ofGemini(members.value) : integerOf(members.value));
  }
  return limit > 0 ? min(limit, MOST) : NO_LIMIT;
}

function isLimit(members: JsonCursor, isCompletions: bool): bool {
  return (
    members.keyIsLike(MAX_COMPLETION_TOKENS) ||
    members.keyIsLike(MAX_TOKENS) ||
    (!isCompletions && members.keyIsLike(MAX_OUTPUT_TOKENS))
  );
}

function ofGemini(config: JsonValue): i64 {
  let limit: i64 = 0;
  let names = 0;
  const members = config.isObject ? config.entries() : null;
  while (members !== null && members.next()) {
    if (!members.keyIsLike(GEMINI_MAX_OUTPUT_TOKENS)) continue;
    if (++names > MOST_NAMES) return MOST;
    limit = max(limit, integerOf(members.value));
  }
  return limit;
}
