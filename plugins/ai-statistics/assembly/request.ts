import { findJson, JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { BodyScan } from "@ai-gateway-wasm/llm/body-scan";
import { Attribute, Builtin, Phase } from "./attribute";
import { StatisticsConfig } from "./config";
import { UNKNOWN_REQUEST } from "./names";
import { Value } from "./value";

const MESSAGES: Slice = bytes("messages");
const CONTENT: Slice = bytes("content");
const SYSTEM: Slice = bytes("system");
const MODELS: Slice = bytes("/models/");
const GENERATE: Slice = bytes("generateContent");
const STREAM_GENERATE: Slice = bytes("streamGenerateContent");
const QUESTION_MARK: u8 = 0x3f;
const COLON: u8 = 0x3a;
const SLASH: u8 = 0x2f;

/** A request's body as it passes by. Only attributes and the dialogue log need a copy of it. */
@final
export class RequestReader {
  /** The body, or what is kept of it; null: not complete, or not kept. */
  root: JsonValue | null = null;
  /** Whether it was too long to keep. */
  isTruncated: bool = false;

  private readonly scan: BodyScan = new BodyScan();
  private readonly body: Builder = new Builder(0);
  private keepsBody: bool;

  constructor(
    private readonly config: StatisticsConfig,
    hasDialog: bool,
  ) {
    this.keepsBody = hasDialog || config.reads(Phase.RequestBody);
  }

  feed(chunk: Slice): void {
    this.scan.feed(chunk);
    if (!this.keepsBody) return;
    if (this.body.length + chunk.length <= this.config.requestLimit) {
      this.body.append(chunk);
      return;
    }
    this.keepsBody = false;
    this.isTruncated = true;
    this.body.clear();
  }

  /** The body is complete. */
  end(): void {
    if (this.body.length > 0) this.root = findJson(this.body.view());
  }

  get rounds(): i32 {
    return this.scan.rounds;
  }

  /** The model, memory of its own; empty when the body has an empty one. */
  modelFor(path: Slice): Slice {
    const found = this.scan.model;
    if (found !== null && !found.equals(UNKNOWN_REQUEST)) return found;
    const model = modelInPath(path);
    return model.isEmpty ? UNKNOWN_REQUEST : model.copy();
  }

  /** The value of an attribute of the body; null: nothing. */
  find(attribute: Attribute): Value | null {
    const path = attribute.path;
    const json = path !== null ? path.read(this.root) : null;
    const value = json !== null ? Value.ofJson(json) : null;
    if (value !== null && !value.isEmpty) return value;
    const root = this.root;
    if (root === null || attribute.builtin == Builtin.None) return value;
    if (attribute.builtin == Builtin.Question) return valueOf(lastContent(root));
    return attribute.builtin == Builtin.System ? valueOf(root.get(SYSTEM)) : null;
  }
}

/**
 * The model in a path of Gemini, empty when it has none:
 *
 *   /v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse
 *                  ╰── the model ─╯
 */
export function modelInPath(path: Slice): Slice {
  const query = path.indexOf(QUESTION_MARK);
  const plain = query < 0 ? path : path.sub(0, query);
  if (!plain.endsWith(GENERATE) && !plain.endsWith(STREAM_GENERATE)) return NO_BYTES;
  const models = plain.find(MODELS);
  const colon = plain.lastIndexOf(COLON);
  const model = models < 0 ? NO_BYTES : plain.sub(models + MODELS.length, colon);
  return model.indexOf(SLASH) < 0 ? model : NO_BYTES;
}

/** What the last message says, whoever sent it. */
function lastContent(root: JsonValue): JsonValue | null {
  const messages = root.get(MESSAGES);
  if (messages === null || !messages.isArray) return null;
  const cursor = messages.entries();
  let last: JsonValue | null = null;
  while (cursor.next()) last = cursor.value;
  return last !== null ? last.get(CONTENT) : null;
}

function valueOf(json: JsonValue | null): Value | null {
  return json !== null ? Value.ofJson(json) : null;
}
