import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { anthropicError, openAiError } from "@ai-gateway-wasm/llm/error-body";
import { PairsBuilder } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE } from "./names";
import { Client, Protocol } from "./refusal/client";

/** Names the cause in access logs. */
export const FAILURE_DETAILS: Slice = bytes("content_security.check_failed");

const MESSAGE: Slice = bytes("content could not be checked");

/** What clients get where no judge could be asked and that is not good enough. */
export function failureBody(client: Client): Slice {
  if (client.protocol == Protocol.Messages) return anthropicError(MESSAGE, "api_error");
  return openAiError(MESSAGE, "server_error", "content_check_failed");
}

export function failureHeaders(): Slice {
  return new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
}
