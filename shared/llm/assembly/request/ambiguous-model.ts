import { bytes, Slice } from "@ai-gateway-wasm/bytes";

/** The answer, with 400, to a body that names its model more than once. */
export const AMBIGUOUS_MODEL: Slice = bytes(
  '{"error":{"message":"ambiguous model field","type":"invalid_request_error","param":"model","code":"ambiguous_model"}}',
);
