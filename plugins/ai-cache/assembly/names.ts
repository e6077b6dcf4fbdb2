import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "ai-cache";

/** Response details of a refusal, for the access log. */
export const MISSING_HEADER: Slice = bytes("ai-cache.missing_header");
/** Body of a refusal. */
export const MISSING_HEADER_TEXT: Slice = bytes("A required header is missing.");
