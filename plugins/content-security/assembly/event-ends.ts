import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";
import { isLastType, MARK, TYPE } from "./words";

const LINE_FEED: i32 = 0x0a;
const RETURN: i32 = 0x0d;
const DATA: Slice = bytes("data");

/** What OpenAI's chats end with. */
const DONE: Slice = bytes("[DONE]");

/** Nothing is said behind the event. @param root its document; null: it has none */
export function isLastWord(event: Slice, root: JsonValue | null): bool {
  if (root !== null && isLastType(textOf(root.get(TYPE)))) return true;
  const data = dataOf(event);
  return data !== null && data.startsWith(DONE);
}

/** Bytes of the blank line that ends there: LF, CR, or CRLF. */
export function blankLineBefore(chunk: Slice, end: i32): i32 {
  return chunk.at(end - 1) == LINE_FEED && chunk.at(end - 2) == RETURN ? 2 : 1;
}

/** A line of the text is data, or may become it. @param isAtLineStart of its first byte */
export function mayHaveData(text: Slice, isAtLineStart: bool): bool {
  let startsLine = isAtLineStart;
  for (let at = 0; at < text.length; at++) {
    if (startsLine && mayBegin(text.sub(at, at + DATA.length))) return true;
    startsLine = endsLine(text.at(at));
  }
  return false;
}

export function endsLine(byte: i32): bool {
  return byte == LINE_FEED || byte == RETURN;
}

/** A byte order mark may stand before the first line. */
function mayBegin(line: Slice): bool {
  return DATA.startsWith(line) || MARK.startsWith(line.sub(0, MARK.length));
}
