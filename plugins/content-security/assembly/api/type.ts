import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/** What bodies are (content-security.md 2.2). */
export const enum ApiType {
  TextGeneration,
  ImageGeneration,
  Mcp,
  Embedding,
  /** A word that nobody knows. */
  Unknown,
}

const TEXT_GENERATION: Slice = bytes("text_generation");
/** In the order of `ApiType`. */
const TYPES: Slice[] = [
  TEXT_GENERATION,
  bytes("image_generation"),
  bytes("mcp"),
  bytes("embedding"),
];

/** `apiType`. */
export function readApiType(config: ConfigReader): ApiType {
  const word = config.text("apiType", TEXT_GENERATION);
  for (let i = 0; i < TYPES.length; i++) {
    if (word.equals(TYPES[i])) return i;
  }
  return ApiType.Unknown;
}
