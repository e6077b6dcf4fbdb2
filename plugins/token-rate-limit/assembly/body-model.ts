import { JsonType, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { findFormField, isMultipart } from "@ai-gateway-wasm/kit";

const MODEL: Slice = bytes("model");

/** Named more than once, or as only some servers read it: they disagree about which one counts. */
export const AMBIGUOUS: Slice = bytes("several");

/** UTF-16, UTF-32 or a byte order mark: no JSON (RFC 8259, 8.1), and read as such by servers in Python. */
export function isRecoded(body: Slice): bool {
  const first = body.at(0);
  if (first == 0xef || first >= 0xfe) return true;
  for (let i = 0; i < 4; i++) {
    if (body.at(i) == 0) return true;
  }
  return false;
}

/**
 * The model that a complete body names, or null, or `AMBIGUOUS`: JSON, read as leniently as by the most
 * lenient server, or a multipart form.
 */
export function readBodyModel(body: Slice, contentType: Slice): Slice | null {
  if (isMultipart(contentType)) {
    const field = findFormField(body, contentType, MODEL);
    return field.count > 1 || field.count < 0 ? AMBIGUOUS : field.value;
  }
  if (isRecoded(body)) return AMBIGUOUS;
  const document = readJson(body);
  if (document === null) return null;
  let isNamed = false;
  let name: Slice | null = null;
  const members = document.entries();
  while (members.next()) {
    if (!members.keyIsLike(MODEL)) continue;
    // A name that differs in its letters' case alone is one for servers in Go.
    if (isNamed || !members.keyIs(MODEL)) return AMBIGUOUS;
    isNamed = true;
    if (members.valueType == JsonType.String) name = stringOf(members.value);
  }
  return name;
}
