import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig, KeyStrategy } from "../config/config";
import { ChatRequest, MOST_TURNS } from "./chat-request";
import { Form, looksLikeJson } from "./turn";

/** Why a request is not even looked through: too much would be read of it; empty: it is. */
export function excessOf(config: CacheConfig, request: ChatRequest): string {
  if (request.excess.length > 0 || config.keyPath === null) return request.excess;
  let list = request.root;
  for (let i = 0; list !== null && i < config.keyMembers.length; i++) {
    list = list.get(config.keyMembers[i]);
  }
  return list !== null && list.count() > MOST_TURNS ? "conversation_length" : "";
}

/** What the request asks, as the configuration looks for it; no bytes: nothing. */
export function questionOf(config: CacheConfig, request: ChatRequest): Slice {
  if (config.strategy == KeyStrategy.AllQuestions) return request.allQuestions;
  const path = config.keyPath;
  if (path !== null) return textOf(path.read(request.root));
  const turn = request.lastTurn;
  return turn === null ? NO_BYTES : turn.text;
}

/** What the model sees of the question besides its text; no bytes: nothing, as for most. */
export function formOfQuestion(config: CacheConfig, request: ChatRequest, question: Slice): Slice {
  const last = config.asksLastTurn ? request.lastTurn : null;
  if (last !== null && !last.hasMore && last.formOf(question) == Form.Plain) return NO_BYTES;
  const out = new Builder(0);
  if (last !== null) {
    last.appendForm(out, 0);
    return out.view();
  }
  const path = config.keyPath;
  const turns = request.userTurns;
  // A path leads to what a user said last, if to any message.
  for (let i = path === null ? 0 : max(0, turns.length - 1); i < turns.length; i++) {
    turns[i].appendForm(out, i);
  }
  const value = path !== null && looksLikeJson(question) ? path.read(request.root) : null;
  if (value !== null && value.isString) out.appendByte(<u8>Form.Text);
  return out.view();
}

/**
 * Why a request is neither looked up nor stored; empty: it may be.
 *
 * @param question not empty
 */
export function reasonToBypass(config: CacheConfig, request: ChatRequest, question: Slice): string {
  if (request.isAmbiguous || isDoubled(request.root, config.keyMembers)) return "ambiguous";
  if (config.maxKeyBytes > 0 && question.length > config.maxKeyBytes) return "key_size";
  if (request.choices > 1) return "choices";
  if (request.temperature > config.maxTemperature) return "temperature";
  const isLong = config.maxMessages > 0 && request.conversationLength > config.maxMessages;
  if (isLong) return "conversation_length";
  return isReply(config, request) ? "non_user_turn" : "";
}

/** Whether a member on the way to the question stands there twice, or in other letters. */
function isDoubled(root: JsonValue | null, names: Slice[]): bool {
  let at = root;
  for (let i = 0; at !== null && at.isObject && i < names.length; i++) {
    let found: JsonValue | null = null;
    const members = at.entries();
    while (members.next()) {
      if (!members.keyIsLike(names[i])) continue;
      if (found !== null || !members.keyIs(names[i])) return true;
      found = members.value;
    }
    at = found;
  }
  return false;
}

/** Where the last message is the question, it may be none: a model or a tool wrote it. */
function isReply(config: CacheConfig, request: ChatRequest): bool {
  const turn = request.lastTurn;
  if (!config.asksLastTurn || config.cachesNonUserTurns || turn === null) return false;
  return turn.isReply;
}
