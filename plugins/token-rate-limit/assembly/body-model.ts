import { readJson, searchMember, stringOf } from "@ai-gateway-wasm/as-json";
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

/** Reads a complete body: JSON, as leniently as the most lenient server, or a multipart form. */
export function readBodyModel(body: Slice, contentType: Slice): BodyModel {
  if (isMultipart(contentType)) {
    const field = findFormField(body, contentType, MODEL);
    return new BodyModel(field.value, field.count > 1);
  }
  const document = readJson(body);
  if (document === null) return new BodyModel(null, false);
  const search = searchMember(document, MODEL);
  const value = search.value;
  const isNamed = value !== null && value.isString;
  return new BodyModel(value !== null && isNamed ? stringOf(value) : null, search.isAmbiguous);
}
