import { bytes } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { requireService } from "../json-service";
import { Azure } from "./azure";
import { Cohere } from "./cohere";
import { DashScope } from "./dashscope";
import { EmbeddingService } from "./embedding-service";
import { HuggingFace } from "./huggingface";
import { Ollama } from "./ollama";
import { OpenAi } from "./openai";
import { TextIn } from "./textin";
import { Xfyun } from "./xfyun";

const enum Type {
  DashScope,
  OpenAi,
  Azure,
  Cohere,
  Ollama,
  HuggingFace,
  TextIn,
  Xfyun,
}

/** In the order of `Type`. */
const TYPES: string[] = [
  "dashscope",
  "openai",
  "azure",
  "cohere",
  "ollama",
  "huggingface",
  "textin",
  "xfyun",
];

/** The service of `embedding` (ai-cache.md 2.4); null: there is none, or it is refused. */
export function readEmbedding(config: ConfigReader | null): EmbeddingService | null {
  if (config === null || config.text("type").isEmpty) return null;
  requireService(config, "embedding service name is required");
  switch (typeOf(config)) {
    case Type.DashScope:
      return new DashScope(config);
    case Type.OpenAi:
      return new OpenAi(config);
    case Type.Azure:
      return new Azure(config);
    case Type.Cohere:
      return new Cohere(config);
    case Type.Ollama:
      return new Ollama(config);
    case Type.HuggingFace:
      return new HuggingFace(config);
    case Type.TextIn:
      return new TextIn(config);
    case Type.Xfyun:
      return new Xfyun(config);
    default:
      return null;
  }
}

function typeOf(config: ConfigReader): i32 {
  const type = config.text("type");
  for (let i = 0; i < TYPES.length; i++) {
    if (type.equals(bytes(TYPES[i]))) return i;
  }
  config.refuse("type", "unknown embedding service provider type: " + type.toString());
  return -1;
}
