import { lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/** What one scope, the global part or a rule, asks for. The initial values are the defaults. */
@final
export class AiCacheConfig {
  /** Name of the header a request must have, lower case. */
  header: Slice = NO_BYTES;
  /** Status of the refusal. */
  status: i32 = 400;
}

/** Reads one scope; null when the reader noted an error. */
export function parseConfig(json: ConfigReader): AiCacheConfig | null {
  const config = new AiCacheConfig();
  config.header = lowerCase(json.text("header"));
  if (config.header.isEmpty) json.refuse("header", "is required");
  config.status = <i32>json.integer("status", config.status, 400, 499);
  return json.errors.any ? null : config;
}
