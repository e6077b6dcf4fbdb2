import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";

const LINE_FEED: i32 = 0x0a;
const RETURN: i32 = 0x0d;

/** What streams end with: OpenAI's chat and responses, Anthropic. */
const LAST_WORDS: Slice[] = [
  bytes("[DONE]"),
  bytes('{"type":"message_stop"'),
  bytes('{"type":"response.completed"'),
];

/** Nothing is said behind the event. */
export function isLastWord(event: Slice): bool {
  const data = dataOf(event);
  for (let i = 0; data !== null && i < LAST_WORDS.length; i++) {
    if (data.startsWith(LAST_WORDS[i])) return true;
  }
  return false;
}

/** Bytes of the blank line that ends there: LF, CR, or CRLF. */
export function blankLineBefore(chunk: Slice, end: i32): i32 {
  return chunk.at(end - 1) == LINE_FEED && chunk.at(end - 2) == RETURN ? 2 : 1;
}
