import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "ai-cache";
/** Prefix of metrics. */
export const METRIC_NAME: Slice = bytes("ai_cache");

// Headers.
export const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
export const CACHE_CONTROL: Slice = bytes("cache-control");
export const CONTENT_TYPE: Slice = bytes("content-type");
/** Of model-fallback: another model answered than the one that was asked. */
export const FALLBACK_FROM: Slice = bytes("x-fallback-from");
export const SKIP_HEADER: Slice = bytes("x-higress-skip-ai-cache");
export const STATUS: Slice = bytes(":status");

/** Bytes of a body that Higress may hold, for this and all other plugins, as with the peer. */
export const BODY_LIMIT: i64 = 104857600;

/** A store or a service that fails this often in a row is left alone for a while. */
export const FAILURES: i32 = 5;
export const OPEN_MS: i64 = 3000;

/** Response details of a hit, for the access log. */
export const HIT_DETAILS: Slice = bytes("ai-cache.hit");
