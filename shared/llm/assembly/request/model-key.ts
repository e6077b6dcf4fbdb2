import { compileKeyPath, KeyPath } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

const MODEL: Slice = bytes("model");

/** Where in a body the model stands. */
@final
export class ModelKey {
  constructor(
    /** As configured: the name of a form's field. */
    readonly name: Slice,
    /** The same as a path into a JSON document. */
    readonly path: KeyPath,
  ) {}
}

/** Reads `modelKey`; empty is `model`. Null, and refused, when it is no plain path. */
export function readModelKey(config: ConfigReader): ModelKey | null {
  const text = config.text("modelKey");
  const name = text.isEmpty ? MODEL : text;
  const path = compileKeyPath(name.toString());
  if (path === null) {
    config.refuseWith("unsupported modelKey: " + name.toString());
    return null;
  }
  return new ModelKey(name, path);
}
