import { JsonValue, stringOf, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig, KeyStrategy } from "../config/config";
import { ChatRequest } from "./chat-request";

const TEXT: Slice = bytes("text");
const TYPE: Slice = bytes("type");

/** What is embedded of a question; no bytes: it is not only text, and has no neighbours. */
export function semanticTextOf(config: CacheConfig, request: ChatRequest, question: Slice): Slice {
  const turn = request.lastTurn;
  const isTurn = config.strategy == KeyStrategy.LastQuestion && config.keyPath === null;
  const content = isTurn && turn !== null ? turn.content : null;
  return content !== null && content.isArray ? textOfParts(content) : question;
}

function textOfParts(parts: JsonValue): Slice {
  const out = new Builder(256);
  const elements = parts.entries();
  for (let count = 0; elements.next(); count++) {
    const type = elements.value.get(TYPE);
    if (type === null || !stringOf(type).equals(TEXT)) return NO_BYTES;
    if (count > 0) out.appendByte(0x0a);
    out.append(textOf(elements.value.get(TEXT)));
  }
  return out.view();
}
