import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { canReadRequestHeaders, requestBody, requestHeaders, Status } from "proxy-wasm-as";

const CONTENT_LENGTH: Slice = bytes("content-length");

/**
 * Replaces the first `length` bytes of the running request's complete body, and corrects
 * `content-length`. What follows them is not copied. Where headers are not held, remove
 * `content-length` before.
 *
 * @param body all of it, as it was
 * @returns false when the host refused, and nothing is changed
 */
export function replaceHeldBody(body: Slice, length: i32, start: Slice): bool {
  if (requestBody.replaceStart(length, start) != Status.Ok) return false;
  const size = body.length - length + start.length;
  if (size == body.length || !canReadRequestHeaders()) return true;
  if (requestHeaders.get(CONTENT_LENGTH) !== null) {
    requestHeaders.set(CONTENT_LENGTH, bytes(decimal(size)));
  }
  return true;
}
