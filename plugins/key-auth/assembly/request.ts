import {
  bytes,
  equalsIgnoreCase,
  NO_BYTES,
  NOT_AN_INTEGER,
  parseInteger,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";
import { CONTENT_ENCODING, CONTENT_LENGTH, METHOD, UPGRADE } from "./names";

const IDENTITY_ENCODING: Slice = bytes("identity");
const WEBSOCKET: Slice = bytes("websocket");
const GET: Slice = bytes("GET");

// What the headers of the running request say about its body and its kind.

/** The method; empty when there is none. */
export function requestMethod(): Slice {
  const method = requestHeaders.get(METHOD);
  return method === null ? NO_BYTES : method;
}

/** An upgrade by GET only (RFC 6455): a server may ignore it and read the body of a POST. */
export function isWebSocket(): bool {
  const upgrade = requestHeaders.get(UPGRADE);
  return upgrade !== null && equalsIgnoreCase(upgrade, WEBSOCKET) && requestMethod().equals(GET);
}

/** True when the body is compressed, so that we cannot read it. */
export function isEncoded(): bool {
  const encoding = requestHeaders.get(CONTENT_ENCODING);
  return encoding !== null && !encoding.isEmpty && !equalsIgnoreCase(encoding, IDENTITY_ENCODING);
}

/** Bytes of body the client announces, -1 when it does not. */
export function announcedLength(): i64 {
  const text = requestHeaders.get(CONTENT_LENGTH);
  const length = text === null ? NOT_AN_INTEGER : parseInteger(text);
  return length == NOT_AN_INTEGER ? -1 : length;
}
