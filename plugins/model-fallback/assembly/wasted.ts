import { isBlank, JsonValue, readJson } from "@ai-gateway-wasm/as-json";
import { bytes, parseInteger, Slice } from "@ai-gateway-wasm/bytes";

const USAGE: Slice = bytes('"usage"');
const TOTAL: Slice = bytes("total_tokens");
const INPUT: Slice = bytes("input_tokens");
const OUTPUT: Slice = bytes("output_tokens");
const COLON: i32 = 0x3a;
const OPEN: i32 = 0x7b;
/** No answer took more than this, whatever it says: sums of counts fit 64 bits. */
const MOST: i64 = 1_000_000_000_000;

/**
 * Tokens that an answer took, a document or a stream, by the last usage in it; 0: it has none. Text in
 * a JSON string cannot look like one.
 */
export function tokensOf(body: Slice): i64 {
  let last = -1;
  for (let at = body.find(USAGE); at >= 0; at = body.find(USAGE, at + 1)) {
    let from = at + USAGE.length;
    while (isBlank(body.at(from)) || body.at(from) == COLON) from++;
    if (body.at(from) == OPEN) last = from;
  }
  if (last < 0) return 0;
  const usage = readJson(body.sub(last));
  if (usage === null) return 0;
  const total = countOf(usage, TOTAL);
  return total > 0 ? total : countOf(usage, INPUT) + countOf(usage, OUTPUT);
}

function countOf(usage: JsonValue, key: Slice): i64 {
  const value = usage.get(key);
  return value === null ? 0 : max(0, min(parseInteger(value.raw), MOST));
}
