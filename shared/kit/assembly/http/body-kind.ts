import {
  bytes,
  equalsIgnoreCase,
  lowerCase,
  NOT_AN_INTEGER,
  parseInteger,
  Slice,
  trim,
} from "@ai-gateway-wasm/bytes";
import { HeaderMap, requestHeaders } from "proxy-wasm-as";

const CONTENT_ENCODING: Slice = bytes("content-encoding");
const CONTENT_LENGTH: Slice = bytes("content-length");
const CONTENT_TYPE: Slice = bytes("content-type");
const IDENTITY: Slice = bytes("identity");
const OCTET_STREAM: Slice = bytes("octet-stream");
const GRPC: Slice = bytes("grpc");
const JSON: Slice = bytes("application/json");
const TEXT_JSON: Slice = bytes("text/json");
const JSON_SUFFIX: Slice = bytes("+json");

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

/** True for `application/json` (anywhere in the value, as Higress's plugins look for it), `text/json`, `…+json`. */
export function isJson(contentType: Slice): bool {
  const type = lowerCase(contentType);
  if (type.find(JSON) >= 0) return true;
  const parameters = type.indexOf(0x3b);
  const media = trim(parameters < 0 ? type : type.sub(0, parameters));
  return media.equals(TEXT_JSON) || media.endsWith(JSON_SUFFIX);
}

/** Bytes of body that the running request announces, -1 when it does not. */
export function announcedLength(): i64 {
  const text = requestHeaders.get(CONTENT_LENGTH);
  const length = text === null ? NOT_AN_INTEGER : parseInteger(text);
  return length == NOT_AN_INTEGER ? -1 : length;
}

function isBinary(type: Slice): bool {
  return type.find(OCTET_STREAM) >= 0 || type.find(GRPC) >= 0;
}
