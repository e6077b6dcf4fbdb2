import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "content-security";

export const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const JSON_TYPE: Slice = bytes("application/json");
export const STATUS_HEADER: Slice = bytes(":status");
export const EVENT_STREAM: Slice = bytes("text/event-stream");
