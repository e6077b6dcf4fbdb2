import { findJson, JsonValue, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { BodyScan } from "@ai-gateway-wasm/llm/body-scan";
import { Field, UsageDocument, UsageScanner } from "@ai-gateway-wasm/llm/usage-document";
import { Answer } from "./answer";
import { Attribute, Builtin, Phase } from "./attribute";
import { needsBody, StatisticsConfig } from "./config";
import {
  CONTENT,
  finishIn,
  firstChoice,
  isEmpty,
  MESSAGE,
  REASONING,
  saysNothing,
  TEXT,
  TOOL_CALLS,
} from "./delta";
import { DialogConfig } from "./dialog-config";
import { partOf } from "./dialog-answer";
import { otherCalls } from "./dialog-calls";
import { giveScanner, takeScanner } from "./idle-scanner";
import { toolUses } from "./tool-calls";
import { beginsEvents, isMentionedIn, UndeclaredEvents } from "./undeclared-events";
import { Value } from "./value";

/** Longest name that a search looks for, without its last byte: what two chunks may share. */
const OVERLAP: i32 = 15;

/**
 * An answer that counts when it is complete. It passes by all the same: usage, id and errors are
 * found on the way in bodies of any length, and a copy is kept, up to a limit, for attributes.
 */
@final
export class WholeAnswer extends Answer {
  private readonly scanner: UsageScanner = takeScanner();
  private readonly scan: BodyScan = new BodyScan();
  private hasDocument: bool = false;
  private hasBytes: bool = false;
  /** Whether usage was mentioned, and the end of the last chunk, where a mention may begin. */
  private isMentioned: bool = false;
  private readonly last: Builder = new Builder(0);
  /** The body, while it is short enough. */
  private readonly body: Builder = new Builder(0);
  private keepsBody: bool;
  private root: JsonValue | null = null;
  /** What a body of events under another type has; null: it is none. */
  private events: UndeclaredEvents | null = null;
  private isBegun: bool = false;

  constructor(
    private readonly config: StatisticsConfig,
    dialog: DialogConfig | null,
    private readonly requestModel: Slice,
    /** Its headers promise JSON. */
    private readonly isJson: bool,
  ) {
    super();
    this.keepsBody = dialog !== null || config.tagsExtra || needsAnswer(config);
  }

  override feed(chunk: Slice): void {
    if (chunk.length == 0) return;
    this.hasBytes = true;
    if (!this.isBegun) this.begin(chunk);
    this.scan.feed(chunk);
    if (!this.hasDocument && !this.scan.isArray) {
      this.scanner.feed(chunk);
      this.hasDocument = this.scanner.next();
    }
    const events = this.events;
    if (events !== null) events.feed(chunk);
    else if (!this.isMentioned) this.lookForUsage(chunk);
    if (this.keepsBody) this.keep(chunk);
  }

  override end(): void {
    this.hasFailed = this.scan.hasError;
    if (this.isJson && this.hasBytes && !this.scan.isOver) this.unreadable = 1;
    if (this.body.length > 0) this.root = findJson(this.body.view());
    this.readDocument(this.scanner.document);
    giveScanner(this.scanner);
    const events = this.events;
    if (events === null) return;
    events.end();
    if (events.hasFailed) this.hasFailed = true;
  }

  override find(attribute: Attribute, _index: i32): Value | null {
    const path = attribute.path;
    const json = path !== null ? path.read(this.root) : null;
    const value = json !== null ? Value.ofJson(json) : null;
    if (value !== null && !value.isEmpty) return value;
    const builtin = attribute.builtin;
    if (builtin == Builtin.None) return value;
    return builtin >= Builtin.ReasoningTokens
      ? this.tokens(builtin, true)
      : this.peersPart(builtin);
  }

  override part(builtin: Builtin): Value | null {
    const known = this.peersPart(builtin);
    const root = this.root;
    if (root === null || (known !== null && !known.isEmpty)) return known;
    if (builtin == Builtin.ToolCalls) return otherCalls(root);
    return partOf(root, builtin == Builtin.Reasoning);
  }

  /** What Higress's plugin reads as well. */
  private peersPart(builtin: Builtin): Value | null {
    const root = this.root;
    if (root === null) return null;
    if (builtin == Builtin.Answer) return answerOf(root);
    const message = firstChoice(root, MESSAGE);
    if (builtin == Builtin.ToolCalls) {
      const calls = message !== null ? message.get(TOOL_CALLS) : null;
      if (calls !== null && !calls.isNull) return Value.ofJson(calls);
      return toolUses(root);
    }
    const reasoning = message !== null ? message.get(REASONING) : null;
    return reasoning !== null ? Value.ofJson(reasoning) : null;
  }

  override get isBlank(): bool {
    return !this.hasBytes;
  }

  override finishReason(): Slice {
    const root = this.root;
    return root === null ? NO_BYTES : textOf(finishIn(root));
  }

  /** The first byte that is no blank tells what the body is. */
  private begin(chunk: Slice): void {
    let at = 0;
    while (at < chunk.length && chunk.at(at) <= 0x20) at++;
    if (at == chunk.length) return;
    this.isBegun = true;
    if (!beginsEvents(<u8>chunk.at(at))) return;
    this.events = new UndeclaredEvents(this.usage, this.config.readsUsage, this.requestModel);
  }

  private readDocument(document: UsageDocument): void {
    const id = document.first(Field.Id, Field.MessageId);
    if (id >= 0) this.chatId = textOf(readJson(document.text(id))).copy();
    if (!this.config.readsUsage || !this.isMentioned) return;
    this.usage.read(document, this.requestModel);
    if (this.scan.images >= 0) this.usage.setImages(this.scan.images);
  }

  private keep(chunk: Slice): void {
    if (this.body.length + chunk.length <= this.config.responseLimit) {
      this.body.append(chunk);
      return;
    }
    this.keepsBody = false;
    this.isTruncated = true;
    this.body.clear();
  }

  private lookForUsage(chunk: Slice): void {
    const last = this.last;
    if (last.length > 0) {
      last.append(chunk.sub(0, OVERLAP));
      this.isMentioned = isMentionedIn(last.view());
    }
    if (!this.isMentioned) this.isMentioned = isMentionedIn(chunk);
    if (this.isMentioned) return;
    if (chunk.length < OVERLAP && last.length > 0) {
      last.drop(last.length - OVERLAP);
      return;
    }
    last.clear();
    last.append(chunk.sub(chunk.length - OVERLAP));
  }
}

/** Whether some attribute is read of a whole answer, and not of its usage alone. */
function needsAnswer(config: StatisticsConfig): bool {
  for (let i = 0; i < config.attributes.length; i++) {
    const attribute = config.attributes[i];
    if (attribute.isReadIn(Phase.ResponseBody) && needsBody(attribute)) return true;
  }
  return false;
}

/** `choices.0.message.content` of OpenAI, else the texts of Anthropic's `content`. */
function answerOf(root: JsonValue): Value | null {
  const message = firstChoice(root, MESSAGE);
  const text = message !== null ? message.get(CONTENT) : null;
  if (text !== null && !isEmpty(text)) return Value.ofJson(text);
  const blocks = root.get(CONTENT);
  if (blocks === null || !blocks.isArray) return text !== null ? Value.ofJson(text) : null;
  const all = new Builder(256);
  const cursor = blocks.entries();
  while (cursor.next()) {
    if (saysNothing(cursor)) continue;
    const part = cursor.value.get(TEXT);
    if (part !== null) all.append(textOf(part));
  }
  return all.length > 0 ? Value.ofText(all.view()) : null;
}
