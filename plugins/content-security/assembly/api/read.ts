import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { isTextModeration } from "../backend/aliyun/config";
import { Dialect } from "../dialect";
import { Doubts } from "../doubts";
import { readMaskingTexts } from "../local/masking-texts";
import { TextPaths } from "../text-paths";
import { Scope } from "../scope";
import { Api } from "./api";
import { Embedding } from "./embedding";
import { OpenAiImages } from "./image-generation";
import { Mcp } from "./mcp";
import { NoApi } from "./nothing";
import { QwenImages } from "./qwen-images";
import { BY_PATH, TextGeneration } from "./text-generation";
import { ApiType, readApiType } from "./type";

const OPENAI: Slice = bytes("openai");
const QWEN: Slice = bytes("qwen");
const SCOPES: string[] = ["last", "lastUserTurns", "all"];

/** What the bodies are that are judged (content-security.md 2.2). */
export function readApi(config: ConfigReader, dialect: Dialect, doubts: Doubts): Api {
  const type = judgedType(config, dialect, doubts);
  const paths = new TextPaths(config, dialect, type);
  const texts = readTexts(config, dialect, paths);
  switch (type) {
    case ApiType.TextGeneration:
      return texts;
    case ApiType.ImageGeneration:
      return readImages(config, doubts);
    case ApiType.Mcp:
      return new Mcp(paths, dialect == Dialect.Ours && !config.has("responseContentJsonPath"));
    case ApiType.Embedding:
      return new Embedding(paths);
    default:
      doubts.note(config, "apiType", "is unknown, so nothing is judged");
      return new NoApi();
  }
}

/**
 * To `TextModerationPlus` of the peer all requests are texts, and so are answers, or they are not
 * judged.
 */
function judgedType(config: ConfigReader, dialect: Dialect, doubts: Doubts): ApiType {
  const type = readApiType(config);
  if (dialect != Dialect.Cloud || !isTextModeration(config)) return type;
  if (type != ApiType.TextGeneration) {
    doubts.note(config, "apiType", "is beyond TextModerationPlus, so answers are not judged");
  }
  return ApiType.TextGeneration;
}

function readTexts(config: ConfigReader, dialect: Dialect, paths: TextPaths): TextGeneration {
  const fallback = scopeOf(dialect);
  const scope = config.has("requestScope") ? config.choice("requestScope", SCOPES, 0) : fallback;
  const texts = new TextGeneration(paths, scope);
  const isWhole = dialect == Dialect.Cloud && isTextModeration(config);
  texts.takesLists = scope == BY_PATH && (isWhole || dialect == Dialect.Guard);
  // What is masked has to be in the texts themselves.
  const asItStands = dialect == Dialect.Cloud && !config.flag("maskResponse");
  texts.takesListsOfAnswers = asItStands || dialect == Dialect.Guard;
  texts.readsAnswers = !isWhole || readApiType(config) == ApiType.TextGeneration;
  if (dialect == Dialect.Masking) texts.masking = readMaskingTexts(config);
  return texts;
}

function scopeOf(dialect: Dialect): i32 {
  if (dialect == Dialect.Masking) return Scope.All;
  return dialect == Dialect.Ours ? Scope.Last : BY_PATH;
}

function readImages(config: ConfigReader, doubts: Doubts): Api {
  const provider = config.text("providerType", OPENAI);
  if (provider.equals(OPENAI)) return new OpenAiImages();
  if (provider.equals(QWEN)) return new QwenImages();
  doubts.note(config, "providerType", "is unknown, so nothing is judged");
  return new NoApi();
}
