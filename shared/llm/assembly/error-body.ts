import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";

/** `{"error":{"message":…,"type":…,"param":null,"code":…}}` (OpenAI API reference, "Error codes"). */
export function openAiError(message: Slice, type: string, code: string): Slice {
  const json = new JsonWriter(Escape.Plain).openObject().key("error").openObject();
  json.key("message").text(message).key("type").string(type).key("param").nothing();
  return json.key("code").string(code).closeObject().closeObject().toSlice();
}

/** `{"type":"error","error":{"type":…,"message":…}}` (Anthropic API reference, "Errors"). */
export function anthropicError(message: Slice, type: string): Slice {
  const json = new JsonWriter(Escape.Plain).openObject().key("type").string("error");
  json.key("error").openObject().key("type").string(type).key("message").text(message);
  return json.closeObject().closeObject().toSlice();
}
