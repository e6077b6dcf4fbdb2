import {
  bytes,
  equalsIgnoreCase,
  lowerCase,
  NOT_AN_INTEGER,
  parseInteger,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { HeaderMap, requestHeaders } from "proxy-wasm-as";
import { CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE } from "./names";

const IDENTITY: Slice = bytes("identity");
const OCTET_STREAM: Slice = bytes("octet-stream");
const GRPC: Slice = bytes("grpc");

// What headers say about the body behind them.

/** True for a body that cannot be read as text: compressed, or of a binary type. */
export function isUnreadable(headers: HeaderMap): bool {
  const encoding = headers.get(CONTENT_ENCODING);
  if (encoding !== null && !encoding.isEmpty && !equalsIgnoreCase(encoding, IDENTITY)) return true;
  const type = headers.get(CONTENT_TYPE);
  return type !== null && isBinary(lowerCase(type));
}

/** Bytes of body that the request announces, -1 when it does not. */
export function announcedLength(): i64 {
  const text = requestHeaders.get(CONTENT_LENGTH);
  const length = text === null ? NOT_AN_INTEGER : parseInteger(text);
  return length == NOT_AN_INTEGER ? -1 : length;
}

function isBinary(type: Slice): bool {
  return type.find(OCTET_STREAM) >= 0 || type.find(GRPC) >= 0;
}
