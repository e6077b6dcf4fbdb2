import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { anthropicError, openAiError } from "@ai-gateway-wasm/llm/error-body";
import { PairsBuilder } from "proxy-wasm-as";
import { ApiType } from "./api/type";
import { CONTENT_TYPE, JSON_TYPE } from "./names";
import { Client, Protocol } from "./refusal/client";
import { rpcError } from "./refusal/mcp";

/** Names the cause in access logs. */
export const FAILURE_DETAILS: Slice = bytes("content_security.check_failed");

const MESSAGE: Slice = bytes("content could not be checked");

/** Of JSON-RPC. */
const INTERNAL_ERROR: i64 = -32603;

/**
 * What clients get where no judge could be asked and that is not good enough. Those of MCP wait for
 * the id of what they sent.
 */
export function failureBody(type: ApiType, client: Client): Slice {
  if (type == ApiType.Mcp) return rpcError(client.messageId, INTERNAL_ERROR, MESSAGE);
  if (client.protocol == Protocol.Messages) return anthropicError(MESSAGE, "api_error");
  return openAiError(MESSAGE, "server_error", "content_check_failed");
}

export function failureHeaders(): Slice {
  return new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
}
