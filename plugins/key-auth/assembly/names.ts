import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "key-auth";

export const METHOD: Slice = bytes(":method");
export const PATH: Slice = bytes(":path");
export const AUTHORIZATION: Slice = bytes("authorization");
export const PROXY_AUTHORIZATION: Slice = bytes("proxy-authorization");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const UPGRADE: Slice = bytes("upgrade");
export const WWW_AUTHENTICATE: Slice = bytes("WWW-Authenticate");
/** ai-proxy keeps the client's Authorization here (key-auth.md 3.6). */
export const ORIGINAL_AUTH: Slice = bytes("x-hi-original-auth");
/** The same as a key name of the C++ peer, where it may also be a query parameter. */
export const ORIGINAL_AUTH_KEY: Slice = bytes("X-HI-ORIGINAL-AUTH");
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
export const CONSUMER_GROUP_HEADER: Slice = bytes("x-mse-consumer-group");

/** Survives an internal redirect: who was authenticated, as `<consumer> LF <key id>`. */
export const CONSUMER_PROPERTY: Slice = bytes("key_auth.consumer");

/** Foreign function that gives a property a life span. */
export const DECLARE_PROPERTY: Slice = bytes("declare_property");

/**
 * Its argument for `CONSUMER_PROPERTY` (harness.md 5.4): name (1), type string (3), and span of
 * the downstream request (5), so that it outlives an internal redirect.
 */
export const CONSUMER_DECLARATION: Slice = bytes("\n\u0011key_auth.consumer\u0018\u0001(\u0001");
