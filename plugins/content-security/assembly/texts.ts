import {
  boolOf,
  findJson,
  isValidJson,
  JsonPath,
  JsonValue,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { hasOnlyStrings, isOneOf, leavesOf } from "./api/leaves";
import { Image } from "./image";
import { Phase } from "./judge/backend";
import { Documents } from "./judge/documents";
import { DollarPath } from "./local/dollar-path";
import { Memory } from "./local/memory";
import { firstTurn, Scope } from "./scope";
import { compare, share } from "./spread";
import { editFields, offsetIn, TextField } from "./text-field";

const TYPE: Slice = bytes("type");
const TEXT: Slice = bytes("text");
const IMAGE: Slice = bytes("image_url");
/** Of OpenAI's responses. */
const INPUT_IMAGE: Slice = bytes("input_image");
const URL: Slice = bytes("url");
const STREAM: Slice = bytes("stream");
const MESSAGES: Slice = bytes("messages");
const MESSAGE: Slice = bytes("message");
const CHOICES: Slice = bytes("choices");
const ROLE: Slice = bytes("role");
const TOOL: Slice = bytes("tool");
const USER: Slice = bytes("user");
const CONTENT: Slice = bytes("content");
const REASONING: Slice = bytes("reasoning_content");
const TOOL_CALLS: Slice = bytes("tool_calls");
const FUNCTION: Slice = bytes("function");
const ARGUMENTS: Slice = bytes("arguments");
const INPUT: Slice = bytes("input");
const OUTPUT: Slice = bytes("output");
const INSTRUCTIONS: Slice = bytes("instructions");
const SUMMARY: Slice = bytes("summary");
const PROMPT: Slice = bytes("prompt");
const SYSTEM: Slice = bytes("system");
/** Parts of Anthropic's messages; other tools have names that end so. */
const THINKING: Slice = bytes("thinking");
const TOOL_USE: Slice = bytes("tool_use");
const TOOL_RESULT: Slice = bytes("tool_result");
/** Types of the parts of a list that are texts: of chats and of OpenAI's responses. */
const TEXT_TYPES: Slice[] = [
  TEXT,
  bytes("input_text"),
  bytes("output_text"),
  bytes("summary_text"),
  bytes("reasoning_text"),
];

/** Members of messages and items that are texts or lists of parts. */
const SAYING: Slice[] = [CONTENT, REASONING, SUMMARY];

/** What of a body is judged: its texts, all together, and its images. */
@final
export class Texts {
  readonly fields: TextField[] = [];
  readonly images: Image[] = [];
  /** Why there is nothing to judge, for the log; empty: there is, or it is not worth a word. */
  skipped: string = "";
  /** A text that takes the place of all is compared with it: each text keeps what it has of it. */
  isCompared: bool = false;
  /** The role of those whose role is not told; no bytes: unknown. */
  speaker: Slice = NO_BYTES;
  /** Stands between the texts when services are asked about all of them. */
  joint: Slice = NO_BYTES;
  /** The document; null: it is none. */
  readonly root: JsonValue | null;
  /** What services are asked about: the value that the texts stand in, as JSON; null: the texts. */
  private raw: Slice | null = null;
  /** Where it begins in the body. */
  private rawStart: i32 = 0;

  /** As in the peers, what stands before the first bracket does not count: a byte order mark, `data:`. */
  constructor(private readonly body: Slice) {
    this.root = findJson(body);
  }

  /** The client waits for events. */
  get wantsStream(): bool {
    const root = this.root;
    return root !== null && root.isObject && boolOf(root.get(STREAM));
  }

  /** A request with messages, as OpenAI's chats have. */
  get isChat(): bool {
    const messages = this.member(MESSAGES);
    return messages !== null && messages.isArray;
  }

  /** There is no text; there may be images. */
  get isEmpty(): bool {
    const fields = this.fields;
    if (this.raw !== null) return false;
    return fields.length == 0 || (fields.length == 1 && fields[0].text.isEmpty);
  }

  /**
   * Takes what is at the first path where something is.
   *
   * @param asItStands services are asked about lists at the first path as they stand in the body, and
   * at the others about lists of more than strings
   */
  takeFirst(paths: JsonPath[], asItStands: bool = false): void {
    for (let i = 0; i < paths.length && this.isEmpty && this.images.length == 0; i++) {
      const value = paths[i].read(this.root);
      if (value === null || value.isNull) continue;
      if (asItStands && value.isArray && (i == 0 || !hasOnlyStrings(value))) this.askRaw(value);
      this.take(value, this.speaker);
    }
  }

  /** Takes the strings at all places that a path names; `order` belongs behind the last path. */
  takeStrings(path: DollarPath): void {
    const root = this.root;
    if (root === null) return;
    const found = path.find(root);
    for (let i = 0; i < found.length; i++) if (found[i].isString) this.add(found[i], NO_BYTES);
  }

  /** Brings what was taken into the order of the body, so that it can be edited; each text once. */
  order(): void {
    const fields = this.fields;
    fields.sort((left, right) => left.start - right.start);
    let count = 0;
    for (let i = 0; i < fields.length; i++) {
      if (count > 0 && fields[count - 1].start == fields[i].start) continue;
      fields[count++] = fields[i];
    }
    fields.length = count;
  }

  /** Takes the body itself. */
  takeWhole(): void {
    if (this.body.isEmpty) return;
    const field = new TextField(0, this.body.length, this.body.kept(), NO_BYTES, this.isJson);
    field.isWhole = true;
    this.fields.push(field);
  }

  get isJson(): bool {
    return isValidJson(this.body);
  }

  /** What is taken next stands in this value: services are asked about all of it, as JSON. */
  askRaw(value: JsonValue): void {
    if (value.isString) return;
    this.raw = value.raw.kept();
    this.rawStart = offsetIn(this.body, value.raw);
  }

  /** Takes texts wherever they stand. Empty ones count where a joint shows that they are there. */
  takeAll(values: JsonValue[]): void {
    for (let i = 0; i < values.length; i++) {
      const text = textOf(values[i]);
      if (!text.isEmpty || !this.joint.isEmpty) this.put(values[i], text, NO_BYTES, false);
    }
  }

  forgetImages(): void {
    this.images.length = 0;
  }

  takeImage(image: Image): void {
    if (!image.text.isEmpty) this.images.push(image);
  }

  /**
   * Takes what a request says: of all turns the system's words, too.
   *
   * @param isResponses of OpenAI's responses
   */
  takeRequest(scope: Scope, isResponses: bool): void {
    if (scope == Scope.All) {
      this.takeMember(SYSTEM, SYSTEM);
      this.takeMember(INSTRUCTIONS, SYSTEM);
    }
    this.takeMessages(scope);
    if (isResponses) this.takeInput(scope);
    this.takeMember(PROMPT, USER); // of completions; nothing can hide beside messages
  }

  /** A text, or a list of texts or parts. */
  private takeMember(name: Slice, role: Slice): void {
    const value = this.member(name);
    if (value !== null && (value.isString || value.isArray)) this.take(value, role);
  }

  /** Takes the messages of a request: what they say, and what tools are called with. */
  takeMessages(scope: Scope): void {
    const messages = this.member(MESSAGES);
    if (messages !== null && messages.isArray) this.takeTurns(messages, scope);
  }

  /** Takes the input of a request of OpenAI's responses: a text, or items like messages. */
  takeInput(scope: Scope): void {
    const input = this.member(INPUT);
    if (input === null) return;
    if (input.isArray) this.takeTurns(input, scope);
    else if (input.isString) this.add(input, USER);
  }

  private takeTurns(messages: JsonValue, scope: Scope): void {
    const first = firstTurn(messages, scope);
    const items = messages.entries();
    for (let i = 0; items.next(); i++) {
      if (i >= first) this.takeMessage(items.value);
    }
  }

  /** Takes what an answer says: all choices, Anthropic's content, the output of OpenAI's responses. */
  takeAnswer(): void {
    const choices = this.member(CHOICES);
    if (choices !== null && choices.isArray) return this.takeChoices(choices);
    const content = this.member(CONTENT);
    if (content !== null && content.isArray) return this.take(content, this.speaker);
    const output = this.member(OUTPUT);
    if (output !== null && output.isArray) this.takeTurns(output, Scope.All);
  }

  private takeChoices(choices: JsonValue): void {
    const items = choices.entries();
    while (items.next()) {
      const choice = items.value;
      if (!choice.isObject) continue;
      const message = choice.get(MESSAGE);
      const text = choice.get(TEXT);
      if (message !== null) this.takeMessage(message);
      if (text !== null) this.take(text, this.speaker);
    }
  }

  /** What services are asked about: all texts, one behind the other. Memory of its own. */
  whole(): Slice {
    const fields = this.fields;
    const raw = this.raw;
    if (raw !== null && !this.isChanged) return raw;
    // A value that was made up has no places for what changed.
    const isInBody = raw !== null && this.rawStart >= 0;
    const edited = isInBody && raw !== null ? editFields(fields, raw, this.rawStart, true) : null;
    if (edited !== null) return edited;
    if (fields.length == 1) return fields[0].judged;
    const out = new Builder(256);
    for (let i = 0; i < fields.length; i++) {
      if (i > 0) out.append(this.joint);
      out.append(fields[i].judged);
    }
    return out.toSlice();
  }

  /** What of `whole()` tools gave. */
  documents(): Documents {
    const documents = new Documents();
    let at = 0;
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      const end = at + field.judged.length;
      if (field.role.equals(TOOL)) documents.add(at, end);
      at = end;
    }
    return documents;
  }

  get isChanged(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].changed !== null) return true;
    }
    return false;
  }

  /** Something was taken out of some text. */
  get isMasked(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].isMasked) return true;
    }
    return false;
  }

  /**
   * Gives each field its part of a text that takes the place of `whole()`.
   *
   * @param memory of what is put back into what changed of an answer
   */
  spread(text: Slice, phase: Phase, memory: Memory): void {
    const restored = phase == Phase.Response ? memory : null;
    if (this.isCompared) compare(this.fields, this.whole(), text, this.joint.length, restored);
    else share(this.fields, text);
  }

  /**
   * The body with what was changed; all other bytes stay.
   *
   * @param body the same one, where it may lie now
   * @returns memory of its own; null when a text does not stand in the body as it is
   */
  edit(body: Slice): Slice | null {
    return editFields(this.fields, body, 0, false);
  }

  private member(name: Slice): JsonValue | null {
    const root = this.root;
    return root !== null && root.isObject ? root.get(name) : null;
  }

  private takeMessage(message: JsonValue): void {
    if (!message.isObject) return;
    const told = textOf(message.get(ROLE));
    const role = told.isEmpty ? this.speaker : told.kept();
    // In the order of the body, so that it can be edited from its beginning to its end.
    const members = message.entries();
    while (members.next()) {
      if (isOneOf(members.key, SAYING)) this.take(members.value, role);
      else if (members.keyIs(TOOL_CALLS)) this.takeCalls(members.value, role);
      else if (members.keyIs(ARGUMENTS)) this.addString(members.value, role, true);
      else if (members.keyIs(OUTPUT)) this.addString(members.value, role, false);
    }
  }

  private takeCalls(calls: JsonValue, role: Slice): void {
    if (!calls.isArray) return;
    const items = calls.entries();
    while (items.next()) {
      const called = items.value.isObject ? items.value.get(FUNCTION) : null;
      const input = called !== null && called.isObject ? called.get(ARGUMENTS) : null;
      if (input !== null) this.addString(input, role, true);
    }
  }

  /** A string, or the texts and images of a list of parts. What is neither is taken as it stands. */
  take(value: JsonValue, role: Slice): void {
    if (value.isNull) return;
    if (!value.isArray) return this.add(value, role);
    const items = value.entries();
    while (items.next()) {
      const item = items.value;
      if (item.isString) this.add(item, role);
      else if (item.isObject) this.takePart(item, role);
    }
  }

  private takePart(part: JsonValue, role: Slice): void {
    const type = textOf(part.get(TYPE));
    if (isOneOf(type, TEXT_TYPES)) {
      const text = part.get(TEXT);
      if (text !== null && !text.isNull) this.add(text, role);
    } else if (type.equals(IMAGE) || type.equals(INPUT_IMAGE)) {
      const image = part.get(IMAGE);
      if (image !== null) this.takeImage(Image.at(image.isObject ? image.get(URL) : image));
    } else {
      this.takeBlock(part, type, role);
    }
  }

  /** Blocks of Anthropic's that are more than a text. */
  private takeBlock(part: JsonValue, type: Slice, role: Slice): void {
    const isResult = type.endsWith(TOOL_RESULT);
    const isUse = type.endsWith(TOOL_USE);
    const said = part.get(isResult ? CONTENT : isUse ? INPUT : THINKING);
    if (said === null) return;
    if (!isResult && !isUse) this.addString(said, role, false);
    else if (isUse) this.takeLeaves(said, role);
    else if (role !== TOOL) this.take(said, TOOL); // there are none in a result
  }

  /** What a tool is called with, as an object. */
  private takeLeaves(value: JsonValue, role: Slice): void {
    const leaves = leavesOf(value);
    for (let i = 0; i < leaves.length; i++) this.add(leaves[i], role);
  }

  private addString(value: JsonValue, role: Slice, isJson: bool): void {
    if (value.isString) this.add(value, role, isJson);
  }

  private add(value: JsonValue, role: Slice, isJson: bool = false): void {
    const text = value.isString ? textOf(value) : value.raw;
    if (!text.isEmpty) this.put(value, text, role, isJson);
  }

  private put(value: JsonValue, text: Slice, role: Slice, isJson: bool): void {
    const raw = value.raw;
    const start = offsetIn(this.body, raw);
    this.fields.push(new TextField(start, raw.length, text.kept(), role, isJson));
  }
}
