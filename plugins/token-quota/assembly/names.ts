import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "token-quota";

export const METHOD: Slice = bytes(":method");
export const PATH: Slice = bytes(":path");
export const ORIGIN: Slice = bytes("origin");
export const PREFLIGHT_METHOD: Slice = bytes("access-control-request-method");
export const UPGRADE: Slice = bytes("upgrade");
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
export const GROUP_HEADER: Slice = bytes("x-mse-consumer-group");
/** Set by model-router, which read it in the body. */
export const MODEL_HEADER: Slice = bytes("x-higress-llm-model");
/** Second proof of an administrator, with `admin_token`. */
export const ADMIN_TOKEN_HEADER: Slice = bytes("x-quota-admin-token");
export const REMAINING_HEADER: Slice = bytes("x-quota-remaining-tokens");

/** Attribute of the access log (`ai_log`). */
export const QUOTA_REMAINING: Slice = bytes("quota_remaining");

/** Where the admin calls live, whatever paths are metered. */
export const ADMIN_BASE: Slice = bytes("/v1/chat/completions");
