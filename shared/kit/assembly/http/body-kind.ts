import {
  bytes,
  equalsIgnoreCase,
  lowerCase,
  NOT_AN_INTEGER,
  parseInteger,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { HeaderMap, requestHeaders } from "proxy-wasm-as";

const CONTENT_ENCODING: Slice = bytes("content-encoding");
const CONTENT_LENGTH: Slice = bytes("content-length");
const CONTENT_TYPE: Slice = bytes("content-type");
const IDENTITY: Slice = bytes("identity");
const OCTET_STREAM: Slice = bytes("octet-stream");
const GRPC: Slice = bytes("grpc");
/** Google's APIs answer with it for `?alt=proto`. */
const PROTOBUF: Slice = bytes("protobuf");

// What headers say about the body behind them (host.md 3.3).

/** True for a body that is compressed; `identity` is no encoding (host.md 3.5). */
export function isEncoded(headers: HeaderMap): bool {
  const encoding = headers.get(CONTENT_ENCODING);
  return encoding !== null && !encoding.isEmpty && !equalsIgnoreCase(encoding, IDENTITY);
}

/** True for a body that cannot be read as text: compressed, or of a binary type. */
export function isUnreadable(headers: HeaderMap): bool {
  if (isEncoded(headers)) return true;
  const type = headers.get(CONTENT_TYPE);
  return type !== null && isBinary(lowerCase(type));
}

/** Bytes of body that the running request announces, -1 when it does not. */
export function announcedLength(): i64 {
  const text = requestHeaders.get(CONTENT_LENGTH);
  const length = text === null ? NOT_AN_INTEGER : parseInteger(text);
  return length == NOT_AN_INTEGER ? -1 : length;
}

function isBinary(type: Slice): bool {
  return type.find(OCTET_STREAM) >= 0 || type.find(GRPC) >= 0 || type.find(PROTOBUF) >= 0;
}
