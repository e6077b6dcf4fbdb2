import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { propertyPath } from "proxy-wasm-as";

export const PLUGIN_NAME: string = "token-rate-limit";

export const AUTHORITY: Slice = bytes(":authority");
export const PATH: Slice = bytes(":path");
export const STATUS: Slice = bytes(":status");
export const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
export const CONNECTION: Slice = bytes("connection");
export const CONTENT_ENCODING: Slice = bytes("content-encoding");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const COOKIE: Slice = bytes("cookie");
export const RETRY_AFTER: Slice = bytes("retry-after");
export const UPGRADE: Slice = bytes("upgrade");

/** Written by key-auth and Higress's other authentication plugins. */
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
/** Written by model-router. */
export const MODEL_HEADER: Slice = bytes("x-higress-llm-model");
