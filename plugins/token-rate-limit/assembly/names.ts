import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "token-rate-limit";

export const PATH: Slice = bytes(":path");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const COOKIE: Slice = bytes("cookie");
/** Written by key-auth and Higress's other authentication plugins. */
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
/** Written by model-router. */
export const MODEL_HEADER: Slice = bytes("x-higress-llm-model");

/** The peer's one header of a refusal. */
export const RESET_HEADER: Slice = bytes("X-TokenRateLimit-Reset");
export const RETRY_AFTER: Slice = bytes("retry-after");
export const OPENAI_LIMIT: Slice = bytes("x-ratelimit-limit-tokens");
export const OPENAI_REMAINING: Slice = bytes("x-ratelimit-remaining-tokens");
export const OPENAI_RESET: Slice = bytes("x-ratelimit-reset-tokens");
export const DRAFT_POLICY: Slice = bytes("ratelimit-policy");
export const DRAFT_LIMIT: Slice = bytes("ratelimit");

/** A property path: segments joined by NUL (host.md 5.1). */
export const SOURCE_ADDRESS: Slice = bytes("source\u0000address");

/** Attributes of the access log (`ai_log`). */
export const STATUS_ATTRIBUTE: Slice = bytes("token_ratelimit_status");
export const RULE_ATTRIBUTE: Slice = bytes("token_ratelimit_rule");
export const LIMITED: Slice = bytes("limited");
export const SHADOW: Slice = bytes("shadow");
