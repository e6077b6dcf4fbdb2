import { JsonCursor, JsonType, KeyPath, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configFlag } from "@ai-gateway-wasm/kit";
import { isModelFlood } from "@ai-gateway-wasm/llm/model";
import { requestHeaders } from "proxy-wasm-as";

const STREAM: Slice = bytes("stream");
const BACKGROUND: Slice = bytes("background");
const TOOLS: Slice = bytes("tools");
const FUNCTIONS: Slice = bytes("functions");
const MESSAGES: Slice = bytes("messages");
const INPUT: Slice = bytes("input");
const CONTENT: Slice = bytes("content");
const TYPE: Slice = bytes("type");
/** Types of parts that are images. */
const IMAGES: Slice[] = [
  bytes("image_url"),
  bytes("image"),
  bytes("input_image"),
  bytes("image_file"),
];
/** So often a body says what it wants before nobody reads it: each reading takes memory. */
const MOST_WISHES: i32 = 64;

/** What a request's body says about what it wants. */
@final
export class RequestFeatures {
  /** The client's name of the model; no bytes: it names none, and the request is not ours. */
  model: Slice = NO_BYTES;
  /** It names several, and they need not be the same. */
  isAmbiguous: bool = false;
  /** So often, or by such a long name, that it is not written into all its places. */
  isFlood: bool = false;
  streams: bool = false;
  /** Its answer is kept, to be asked for later: only who began it can say it. */
  isKept: bool = false;
  private wishes: i32 = 0;
  hasTools: bool = false;
  /** Only looked for when somebody asks for it. */
  hasImages: bool = false;
  bodyBytes: i32 = 0;
  /** Who asks, as key-auth says; no bytes: unknown, or nobody wants to know. */
  consumer: Slice = NO_BYTES;

  /**
   * @param modelKey where the model stands
   * @param seesImages false: nobody asks
   */
  static read(body: Slice, modelKey: KeyPath, seesImages: bool): RequestFeatures {
    const features = new RequestFeatures();
    features.bodyBytes = body.length;
    const root = readJson(body);
    if (root === null || !root.isObject || !root.isComplete) return features;
    const model = modelKey.read(root);
    if (model !== null && model.isString) features.model = stringOf(model);
    const steps = modelKey.steps;
    const members = root.entries();
    let names = 0;
    while (members.next()) {
      if (members.keyIs(steps[0].key)) names++;
      features.note(members, seesImages);
    }
    if (steps.length > 1) names = max(names, modelKey.readAll(root).length);
    features.isAmbiguous = names > 1;
    features.isFlood = isModelFlood(names, features.model.length);
    return features;
  }

  /** One member of the body. Servers disagree about repeated keys: one that says so does. */
  private note(member: JsonCursor, seesImages: bool): void {
    if (member.keyIs(STREAM)) {
      if (this.wants(member)) this.streams = true;
    } else if (member.keyIs(BACKGROUND)) {
      if (this.wants(member)) this.isKept = true;
    } else if (member.keyIs(TOOLS) || member.keyIs(FUNCTIONS)) {
      if (member.inner().next()) this.hasTools = true;
    } else if (seesImages && (member.keyIs(MESSAGES) || member.keyIs(INPUT))) {
      if (hasImages(member.inner())) this.hasImages = true;
    }
  }

  private wants(member: JsonCursor): bool {
    return this.wishes++ > MOST_WISHES || configFlag(member.value);
  }
}

/** Who asks for the running request, whose headers can be read; no bytes: nobody knows. */
export function consumerOf(header: Slice): Slice {
  const found = requestHeaders.get(header);
  return found === null ? NO_BYTES : found.copy();
}

/** `[{"content":[{"type":"image_url"}]}]`, of OpenAI's and Anthropic's kind. */
function hasImages(messages: JsonCursor): bool {
  while (messages.next()) {
    const message = messages.inner();
    if (!message.seek(CONTENT) || message.valueType != JsonType.Array) continue;
    const parts = message.inner();
    while (parts.next()) {
      const part = parts.inner();
      if (part.seek(TYPE) && isImage(part)) return true;
    }
  }
  return false;
}

/** The present value names a type of images. */
function isImage(type: JsonCursor): bool {
  for (let i = 0; i < IMAGES.length; i++) {
    if (type.valueIs(IMAGES[i])) return true;
  }
  return false;
}
