import {
  boolOf,
  isValidJson,
  JsonPath,
  JsonValue,
  quote,
  readJson,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DollarPath } from "./local/dollar-path";

const TYPE: Slice = bytes("type");
const TEXT: Slice = bytes("text");
const STREAM: Slice = bytes("stream");
const MESSAGES: Slice = bytes("messages");
const MESSAGE: Slice = bytes("message");
const CHOICES: Slice = bytes("choices");
const ROLE: Slice = bytes("role");
const USER: Slice = bytes("user");
const CONTENT: Slice = bytes("content");
const REASONING: Slice = bytes("reasoning_content");
const TOOL_CALLS: Slice = bytes("tool_calls");
const FUNCTION: Slice = bytes("function");
const ARGUMENTS: Slice = bytes("arguments");
const INPUT: Slice = bytes("input");
const OUTPUT: Slice = bytes("output");
/** Types of the parts of a list that are texts: of chats and of OpenAI's responses. */
const TEXT_TYPES: Slice[] = [TEXT, bytes("input_text"), bytes("output_text")];

/** Which messages of a request are judged (content-security.md 6, no. 7). */
export const enum Scope {
  Last,
  /** What the user said since the last answer. */
  LastUserTurns,
  All,
}

/** A text of a JSON body that is judged, and where it stands. */
@final
export class TextField {
  /** What takes its place; null: nothing. */
  changed: Slice | null = null;
  /** It is the whole body, and no literal. */
  isWhole: bool = false;

  constructor(
    /** Offset of its literal in the body; −1: it does not stand there as it is. */
    readonly start: i32,
    readonly length: i32,
    /** Memory of its own. */
    readonly text: Slice,
    /** Of its message; no bytes: unknown. */
    readonly role: Slice,
    /** The text is JSON itself: what a tool is called with. */
    readonly isJson: bool,
  ) {}

  /** The text as it goes on. */
  get current(): Slice {
    const changed = this.changed;
    return changed === null ? this.text : changed;
  }
}

/** The texts of a body that are judged together, in their order. */
@final
export class Texts {
  readonly fields: TextField[] = [];
  private readonly root: JsonValue | null;

  constructor(private readonly body: Slice) {
    this.root = readJson(body);
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

  get isEmpty(): bool {
    return this.fields.length == 0;
  }

  /**
   * Takes what is at the first path where something is.
   *
   * @param asItStands also lists of parts, as what stands in the body
   */
  takeFirst(paths: JsonPath[], asItStands: bool = false): void {
    for (let i = 0; i < paths.length && this.isEmpty; i++) {
      const value = paths[i].read(this.root);
      if (value === null || value.isNull) continue;
      if (asItStands) this.add(value, NO_BYTES);
      else this.take(value, NO_BYTES);
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
    const count = messages.count();
    const first = scope == Scope.All ? 0 : scope == Scope.Last ? count - 1 : lastTurns(messages);
    const items = messages.entries();
    for (let i = 0; items.next(); i++) {
      if (i >= first) this.takeMessage(items.value);
    }
  }

  /** Takes what an answer says: all choices, Anthropic's content, the output of OpenAI's responses. */
  takeAnswer(): void {
    const choices = this.member(CHOICES);
    const content = this.member(CONTENT);
    const output = this.member(OUTPUT);
    if (choices !== null && choices.isArray) this.takeChoices(choices);
    else if (content !== null && content.isArray) this.take(content, NO_BYTES);
    else if (output !== null && output.isArray) this.takeTurns(output, Scope.All);
  }

  private takeChoices(choices: JsonValue): void {
    const items = choices.entries();
    while (items.next()) {
      const choice = items.value;
      if (!choice.isObject) continue;
      const message = choice.get(MESSAGE);
      const text = choice.get(TEXT);
      if (message !== null) this.takeMessage(message);
      if (text !== null) this.take(text, NO_BYTES);
    }
  }

  /** All of them, one behind the other. Memory of its own. */
  whole(): Slice {
    if (this.fields.length == 1) return this.fields[0].current;
    const out = new Builder(256);
    for (let i = 0; i < this.fields.length; i++) out.append(this.fields[i].current);
    return out.toSlice();
  }

  get isChanged(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].changed !== null) return true;
    }
    return false;
  }

  /**
   * Gives each field its part of a text that takes the place of `whole()`: by the number of their
   * characters, the last one the rest (content-security.md 3.2).
   */
  spread(text: Slice): void {
    const fields = this.fields;
    let total = 0;
    for (let i = 0; i < fields.length; i++) total += runesIn(fields[i].current);
    const runes: i64 = runesIn(text);
    let from = 0;
    for (let i = 0; i < fields.length; i++) {
      const isLast = i == fields.length - 1;
      const share =
        total > 0 ? (runes * runesIn(fields[i].current)) / total : runes / fields.length;
      const to = isLast ? text.length : behindRunes(text, from, <i32>share);
      const part = text.sub(from, to);
      if (!part.equals(fields[i].text)) fields[i].changed = part;
      from = to;
    }
  }

  /**
   * The body with what was changed; all other bytes stay.
   *
   * @param body the same one, where it may lie now
   * @returns memory of its own; null when a text does not stand in the body as it is
   */
  edit(body: Slice): Slice | null {
    const out = new Builder(body.length + 64);
    let from = 0;
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      const changed = field.changed;
      if (changed === null) continue;
      if (field.start < from) return null;
      out.append(body.sub(from, field.start)).append(field.isWhole ? changed : quote(changed));
      from = field.start + field.length;
    }
    return out.append(body.sub(from)).toSlice();
  }

  private member(name: Slice): JsonValue | null {
    const root = this.root;
    return root !== null && root.isObject ? root.get(name) : null;
  }

  private takeMessage(message: JsonValue): void {
    if (!message.isObject) return;
    const role = textOf(message.get(ROLE)).kept();
    // In the order of the body, so that it can be edited from its beginning to its end.
    const members = message.entries();
    while (members.next()) {
      if (members.keyIs(CONTENT) || members.keyIs(REASONING)) this.take(members.value, role);
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

  /** A string, or the texts of a list of parts. What is neither is taken as it stands. */
  private take(value: JsonValue, role: Slice): void {
    if (value.isNull) return;
    if (!value.isArray) return this.add(value, role);
    const items = value.entries();
    while (items.next()) {
      const item = items.value;
      const text = item.isString ? item : textIn(item);
      if (text !== null) this.add(text, role);
    }
  }

  private addString(value: JsonValue, role: Slice, isJson: bool): void {
    if (value.isString) this.add(value, role, isJson);
  }

  private add(value: JsonValue, role: Slice, isJson: bool = false): void {
    const raw = value.raw;
    const text = value.isString ? textOf(value) : raw;
    if (text.isEmpty) return;
    const body = this.body;
    const end = body.ptr + <usize>body.length;
    const isInPlace = raw.ptr >= body.ptr && raw.ptr + <usize>raw.length <= end;
    const start = isInPlace ? <i32>(raw.ptr - body.ptr) : -1;
    this.fields.push(new TextField(start, raw.length, text.kept(), role, isJson));
  }
}

/** The text of a part of a list; null: it is something else. */
function textIn(part: JsonValue): JsonValue | null {
  if (!part.isObject) return null;
  const type = textOf(part.get(TYPE));
  for (let i = 0; i < TEXT_TYPES.length; i++) {
    if (type.equals(TEXT_TYPES[i])) return part.get(TEXT);
  }
  return null;
}

/** Number of the first message that the user said since the last answer. */
function lastTurns(messages: JsonValue): i32 {
  const items = messages.entries();
  let first = 0;
  for (let i = 0; items.next(); i++) {
    const message = items.value;
    if (!message.isObject || !textOf(message.get(ROLE)).equals(USER)) first = i + 1;
  }
  return min(first, messages.count() - 1);
}

/** Characters of a UTF-8 text. */
export function runesIn(text: Slice): i32 {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.at(i) & 0xc0) != 0x80) count++;
  }
  return count;
}

/** The end of a UTF-8 text: at most so many characters. */
export function lastRunes(text: Slice, most: i32): Slice {
  let left = most;
  for (let at = text.length - 1; at >= 0; at--) {
    if ((text.at(at) & 0xc0) != 0x80 && --left <= 0) return text.sub(at);
  }
  return text;
}

function behindRunes(text: Slice, from: i32, runes: i32): i32 {
  let at = from;
  for (let left = runes; at < text.length; at++) {
    if ((text.at(at) & 0xc0) == 0x80) continue;
    if (left-- == 0) break;
  }
  return at;
}
