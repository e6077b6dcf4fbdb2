import { bytes, lowerCase, Slice, trim } from "@ai-gateway-wasm/bytes";

const JSON: Slice = bytes("application/json");
const TEXT_JSON: Slice = bytes("text/json");
const JSON_SUFFIX: Slice = bytes("+json");

/**
 * True for `application/json` (anywhere in the value, as Higress's plugins look for it), `text/json`
 * and `…+json`.
 */
export function isJson(contentType: Slice): bool {
  const type = lowerCase(contentType);
  if (type.find(JSON) >= 0) return true;
  const parameters = type.indexOf(0x3b);
  const media = trim(parameters < 0 ? type : type.sub(0, parameters));
  return media.equals(TEXT_JSON) || media.endsWith(JSON_SUFFIX);
}
