import { JsonType, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { findFormField, isMultipart } from "@ai-gateway-wasm/kit";

const MODEL: Slice = bytes("model");

/** The model that a request's body names. */
@final
export class BodyModel {
  constructor(
    /** Null: it names none. */
    readonly name: Slice | null,
    /** Named more than once: servers disagree about which one counts. */
    readonly isAmbiguous: bool,
  ) {}
}

/** UTF-16, UTF-32 or a byte order mark: no JSON (RFC 8259, 8.1), and read as such by servers in Python. */
function isRecoded(body: Slice): bool {
  const first = body.at(0);
  if (first == 0xef || first >= 0xfe) return true;
  for (let i = 0; i < 4; i++) {
    if (body.at(i) == 0) return true;
  }
  return false;
}

/** Reads a complete body: JSON, as leniently as the most lenient server, or a multipart form. */
export function readBodyModel(body: Slice, contentType: Slice): BodyModel {
  if (isMultipart(contentType)) {
    const field = findFormField(body, contentType, MODEL);
    return new BodyModel(field.value, field.count > 1 || field.count < 0);
  }
  if (isRecoded(body)) return new BodyModel(null, true);
  const document = readJson(body);
  if (document === null) return new BodyModel(null, false);
  let isNamed = false;
  let name: Slice | null = null;
  const members = document.entries();
  while (members.next()) {
    if (!members.keyIsLike(MODEL)) continue;
    // A name that differs in its letters' case alone is one for servers in Go.
    if (isNamed || !members.keyIs(MODEL)) return new BodyModel(null, true);
    isNamed = true;
    if (members.valueType == JsonType.String) name = stringOf(members.value);
  }
  return new BodyModel(name, false);
}
