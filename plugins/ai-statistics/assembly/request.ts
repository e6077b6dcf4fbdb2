import { findJson, JsonType, JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { BodyScan, MAX_MODEL } from "@ai-gateway-wasm/llm/body-scan";
import { DataAction, requestBody } from "proxy-wasm-as";
import { Attribute, Builtin, Phase } from "./attribute";
import { StatisticsConfig } from "./config";
import { wholeEnd } from "./cut";
import { CONTENT_TYPE, UNKNOWN_REQUEST } from "./names";
import { header, saysJson } from "./facts";
import { askIn, prepareToAsk } from "./usage-asking";
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

/**
 * A request's body as it passes by. Only attributes and the dialogue log need a copy of it, and
 * nothing holds it up but `include_usage`:
 *
 *   chunk ─► read ─► on          chunk ─► waits … last chunk ─► read, asks for usage ─► on
 *                                             └── too long ──► read ─► on, as it is
 */
@final
export class RequestReader {
  /** The body, or what is kept of it; null: not complete, or not kept. */
  root: JsonValue | null = null;
  /** Whether it was too long to keep. */
  isTruncated: bool = false;
  /** Without any there is no body, whatever the headers promised. */
  hasBytes: bool = false;

  private readonly scan: BodyScan = new BodyScan();
  private readonly body: Builder = new Builder(0);
  private keepsBody: bool;
  private readonly isJson: bool;
  /** It waits until it is complete, so that its stream can be made to tell its usage. */
  private waits: bool;
  private isComplete: bool = false;

  /** The running request begins; a header of it may go. */
  constructor(
    private readonly config: StatisticsConfig,
    path: Slice,
    hasDialog: bool,
  ) {
    this.keepsBody = hasDialog || config.reads(Phase.RequestBody);
    this.isJson = saysJson(header(CONTENT_TYPE));
    this.waits = config.asksForUsage && prepareToAsk(path, config.requestLimit);
  }

  /**
   * Takes what there is of the body.
   *
   * @param size bytes that can be read: a chunk, or all so far while it waits
   */
  pass(size: i32, isLast: bool): DataAction {
    if (this.waits && !isLast && size <= this.config.requestLimit) {
      return DataAction.StopIterationAndBuffer;
    }
    const chunk = size > 0 ? requestBody.peek(size) : null;
    if (chunk !== null) this.feed(chunk);
    if (this.waits && isLast && chunk !== null) askIn(chunk);
    this.waits = false;
    if (isLast) this.isComplete = true;
    return DataAction.Continue;
  }

  /** Trailers end the body. */
  passTrailers(): void {
    this.pass(this.waits ? i32.MAX_VALUE : 0, true);
  }

  private feed(chunk: Slice): void {
    this.hasBytes = true;
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

  /** Nothing more of the body is read. */
  end(): void {
    if (this.body.length > 0) this.root = findJson(this.body.view());
  }

  /** Whether it says that it is JSON, and is not. */
  get isBroken(): bool {
    return this.isComplete && this.isJson && this.hasBytes && !this.scan.isOver;
  }

  get rounds(): i32 {
    return this.scan.rounds;
  }

  /** The model, memory of its own; empty when the body has an empty one. */
  modelFor(path: Slice): Slice {
    const found = this.scan.model;
    if (found !== null && !found.equals(UNKNOWN_REQUEST)) return found;
    const model = modelInPath(path).sub(0, MAX_MODEL);
    return model.isEmpty ? UNKNOWN_REQUEST : model.sub(0, wholeEnd(model)).copy();
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
 * The model in a path of Gemini, empty when it has none. Something has to stand before `/models/`,
 * the last one counts, and only a colon ends the model.
 *
 *   /v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse
 *                  ╰── the model ─╯
 */
export function modelInPath(path: Slice): Slice {
  const query = path.indexOf(QUESTION_MARK);
  const plain = query < 0 ? path : path.sub(0, query);
  if (!plain.endsWith(GENERATE) && !plain.endsWith(STREAM_GENERATE)) return NO_BYTES;
  const colon = plain.lastIndexOf(COLON);
  let start = colon;
  for (let at = plain.find(MODELS, 1); at >= 0; at = plain.find(MODELS, at + 1)) {
    const behind = at + MODELS.length;
    if (plain.at(at - 1) != SLASH && behind < colon) start = behind;
  }
  const model = plain.sub(start, colon);
  return model.indexOf(COLON) < 0 ? model : NO_BYTES;
}

/** What the last message says, whoever sent it. */
function lastContent(root: JsonValue): JsonValue | null {
  const messages = root.get(MESSAGES);
  if (messages === null || !messages.isArray) return null;
  const cursor = messages.entries();
  let last: JsonValue | null = null;
  while (cursor.next()) last = cursor.valueType == JsonType.Object ? cursor.value : null;
  return last !== null ? last.get(CONTENT) : null;
}

function valueOf(json: JsonValue | null): Value | null {
  return json !== null ? Value.ofJson(json) : null;
}
