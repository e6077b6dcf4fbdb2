import { JsonValue, searchMember, stringOf, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig, KeyStrategy } from "../config/config";
import { ChatRequest } from "./chat-request";
import { Turn } from "./turn";

const TEXT: Slice = bytes("text");
const TYPE: Slice = bytes("type");
/** Parts of messages lie four levels deep in a request. What is deeper is not looked at, nor embedded. */
const DEEPEST: i32 = 16;
/** Bytes; no service embeds more, and looking through it takes memory. */
const LONGEST: i32 = 1048576;

/** What is embedded of a question; no bytes: it is not only text, and has no neighbours. */
export function semanticTextOf(config: CacheConfig, request: ChatRequest, question: Slice): Slice {
  if (question.length > LONGEST) return NO_BYTES;
  if (config.strategy == KeyStrategy.AllQuestions) return textOfTurns(request.userTurns);
  const path = config.keyPath;
  if (path !== null) return textOfValue(path.read(request.root), question);
  const turn = request.lastTurn;
  return turn === null ? question : textOfTurn(turn);
}

/** A line each, as in the question. */
function textOfTurns(turns: Turn[]): Slice {
  const out = new Builder(256);
  for (let i = 0; i < turns.length; i++) {
    const text = textOfTurn(turns[i]);
    if (turns[i].hasMore) return NO_BYTES;
    if (text.isEmpty && !turns[i].text.isEmpty) return NO_BYTES;
    if (i > 0) out.appendByte(0x0a);
    out.append(text);
  }
  return out.view();
}

function textOfTurn(turn: Turn): Slice {
  if (turn.hasMore) return NO_BYTES; // such as `images`
  const content = turn.content;
  const isList = content !== null && content.isArray;
  return content !== null && isList ? textOfParts(content) : textOfValue(content, turn.text);
}

/** @param value what a path found; @param text the same as a text */
function textOfValue(value: JsonValue | null, text: Slice): Slice {
  if (value === null) return text;
  if (isParts(value)) return textOfParts(value);
  return isOnlyText(value, DEEPEST) ? text : NO_BYTES;
}

/** Whether a value is the content of a message in parts. */
function isParts(value: JsonValue): bool {
  const first = value.isArray ? value.item(0) : null;
  return first !== null && first.isObject && first.get(TYPE) !== null;
}

function textOfParts(parts: JsonValue): Slice {
  const out = new Builder(256);
  const elements = parts.entries();
  for (let count = 0; elements.next(); count++) {
    const type = searchMember(elements.value, TYPE);
    const text = searchMember(elements.value, TEXT);
    const isText = isTextType(type.value);
    // Of what is said twice the model may read the other one.
    if (!isText || type.isAmbiguous || text.isAmbiguous) return NO_BYTES;
    if (count > 0) out.appendByte(0x0a);
    out.append(textOf(text.value));
  }
  return out.view();
}

/** Whether nothing in a value is a part of a message that is no text, such as an image. */
function isOnlyText(value: JsonValue, depth: i32): bool {
  if (!value.isArray && !value.isObject) return true;
  if (depth == 0) return false;
  const members = value.entries();
  while (members.next()) {
    if (value.isObject && members.keyIs(TYPE) && !isTextType(members.value)) return false;
    if (!isOnlyText(members.value, depth - 1)) return false;
  }
  return true;
}

function isTextType(type: JsonValue | null): bool {
  return type !== null && stringOf(type).equals(TEXT);
}
