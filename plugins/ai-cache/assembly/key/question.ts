import { textOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CacheConfig, KeyStrategy } from "../config/config";
import { ChatRequest } from "./chat-request";

/** What the request asks, as the configuration looks for it; no bytes: nothing. */
export function questionOf(config: CacheConfig, request: ChatRequest): Slice {
  if (config.strategy == KeyStrategy.AllQuestions) return request.allQuestions;
  const path = config.keyPath;
  if (path !== null) return textOf(path.read(request.root));
  const turn = request.lastTurn;
  return turn === null ? NO_BYTES : turn.text;
}

/**
 * Why a request is neither looked up nor stored; empty: it may be.
 *
 * @param question not empty
 */
export function reasonToBypass(config: CacheConfig, request: ChatRequest, question: Slice): string {
  if (request.isAmbiguous) return "ambiguous";
  if (config.maxKeyBytes > 0 && question.length > config.maxKeyBytes) return "key_size";
  if (request.choices > 1) return "choices";
  if (request.temperature > config.maxTemperature) return "temperature";
  const isLong = config.maxMessages > 0 && request.conversationLength > config.maxMessages;
  if (isLong) return "conversation_length";
  return isReply(config, request) ? "non_user_turn" : "";
}

/** Where the last message is the question, it may be none: a model or a tool wrote it. */
function isReply(config: CacheConfig, request: ChatRequest): bool {
  const turn = request.lastTurn;
  if (!config.asksLastTurn || config.cachesNonUserTurns || turn === null) return false;
  return turn.isReply;
}
