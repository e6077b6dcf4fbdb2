import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { orElse } from "../json-service";

const SLASH: i32 = 0x2f;

/** `embedding.path`, sent as it is; what the service is known for when it is left out. */
export function readPath(config: ConfigReader, fallback: Slice): Slice {
  const path = config.text("path");
  if (path.isEmpty) return fallback;
  if (path.at(0) != SLASH) config.refuse("path", "must begin with /");
  for (let i = 0; i < path.length; i++) {
    if (<u32>(path.at(i) - 0x21) < 0x5e) continue;
    config.refuse("path", "must be percent-encoded");
    break;
  }
  return path;
}

/** `embedding.model`. */
export function readModel(config: ConfigReader, fallback: string): Slice {
  return orElse(config.text("model"), bytes(fallback));
}
