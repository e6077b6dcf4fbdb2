import { bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { setProperty } from "proxy-wasm-as";

const REQUEST_LIMIT: Slice = bytes("set_decoder_buffer_limit");
const RESPONSE_LIMIT: Slice = bytes("set_encoder_buffer_limit");

// How much of a body the gateway holds for a plugin before it answers 413 or 500 (host.md 5.4). In
// plain Envoy the listener or the route says so, and these do nothing.

/** Sets the limit of the running request's body. @param size in bytes */
export function limitRequestBuffer(size: i64): void {
  if (isDefined(HIGRESS)) setProperty(REQUEST_LIMIT, digits(size));
}

/** Sets the limit of the running response's body. @param size in bytes */
export function limitResponseBuffer(size: i64): void {
  if (isDefined(HIGRESS)) setProperty(RESPONSE_LIMIT, digits(size));
}
