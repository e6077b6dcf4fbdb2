import { integerOf, JsonValue, JsonWriter, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CappedText } from "./capped-text";
import { DELTA, firstChoice, TOOL_CALLS } from "./delta";
import { readOtherCalls } from "./dialog-calls";
import { Value } from "./value";

const INDEX: Slice = bytes("index");
export const ID: Slice = bytes("id");
export const TYPE: Slice = bytes("type");
const FUNCTION: Slice = bytes("function");
export const NAME: Slice = bytes("name");
export const ARGUMENTS: Slice = bytes("arguments");
const PARTIAL_JSON: Slice = bytes("partial_json");
const CONTENT_BLOCK: Slice = bytes("content_block");
const CONTENT: Slice = bytes("content");
export const INPUT: Slice = bytes("input");
const TOOL_USE: Slice = bytes("tool_use");
const BLOCK_STOP: Slice = bytes("content_block_stop");
const OPEN: u8 = 0x7b;
const CLOSE: u8 = 0x7d;
const OPEN_LIST: u8 = 0x5b;
const CLOSE_LIST: u8 = 0x5d;
const BLANK: u8 = 0x20;
/** Bytes of an id, a type or a name. */
const MOST_NAME: i32 = 1024;
/** Bytes that are read of the arguments of all calls of an answer. */
const MOST_ARGUMENTS: i32 = 16 * 1024 * 1024;
/** Calls with a larger index are none that a model makes. */
const MAX_INDEX: i64 = 1023;

/** A call of a tool as it comes together. */
@final
class ToolCall {
  id: Slice = NO_BYTES;
  type: Slice = NO_BYTES;
  name: Slice = NO_BYTES;
  readonly arguments: CappedText;
  /** Anthropic: a block that is not finished has no arguments. */
  isOpen: bool = false;

  constructor(
    readonly index: i32,
    limit: i32,
  ) {
    this.arguments = new CappedText(limit);
  }

  write(json: JsonWriter): void {
    json.openObject();
    if (this.index != 0) json.key("index").integer(this.index);
    if (!this.id.isEmpty) json.key("id").text(this.id);
    if (!this.type.isEmpty) json.key("type").text(this.type);
    json.key("function").openObject();
    if (!this.name.isEmpty) json.key("name").text(this.name);
    const text = this.closedArguments;
    if (!text.isEmpty) json.key("arguments").text(text);
    json.closeObject().closeObject();
  }

  /** Appends what Go prints of the peer's structure: `{0 t1 function {f {"a":1}}}`. */
  print(out: Builder): void {
    out.appendByte(OPEN).appendInteger(this.index).appendByte(BLANK).append(this.id);
    out.appendByte(BLANK).append(this.type).appendByte(BLANK).appendByte(OPEN).append(this.name);
    out.appendByte(BLANK).append(this.closedArguments).appendByte(CLOSE).appendByte(CLOSE);
  }

  private get closedArguments(): Slice {
    return this.isOpen ? NO_BYTES : this.arguments.text();
  }
}

/** Puts the tool calls of a stream together, of OpenAI and of Anthropic. */
@final
export class ToolCalls {
  /** In the order of their indexes. */
  private readonly calls: ToolCall[] = [];
  /** Bytes of arguments that may still come. */
  private room: i32 = MOST_ARGUMENTS;
  private isFull: bool = false;

  constructor(
    /** Bytes kept of a call's arguments. */
    private readonly limit: i32,
    /** Calls that the peer does not read count, too. */
    private readonly isOfDialog: bool,
  ) {}

  get count(): i32 {
    return this.calls.length;
  }

  /** Takes what an event says about calls; false: nothing. */
  read(event: JsonValue): bool {
    const choice = firstChoice(event, DELTA);
    const deltas = choice !== null ? choice.get(TOOL_CALLS) : null;
    if (deltas !== null && deltas.isArray) {
      const cursor = deltas.entries();
      while (cursor.next()) this.readOpenAi(cursor.value);
      return true;
    }
    const type = event.get(TYPE);
    const isTyped = type !== null && type.isString;
    if (isTyped && this.readAnthropic(event, textOf(type))) return true;
    return this.isOfDialog && readOtherCalls(this, event);
  }

  /** Whether arguments of some call lost their middle. */
  get isCut(): bool {
    if (this.isFull) return true;
    for (let i = 0; i < this.calls.length; i++) {
      if (this.calls[i].arguments.isTruncated) return true;
    }
    return false;
  }

  /** Appends to the arguments of a call, unless all together are too long. */
  append(call: ToolCall, text: Slice): void {
    const length = min(text.length, this.room);
    if (length < text.length) this.isFull = true;
    this.room -= length;
    call.arguments.append(text.ptr, length);
  }

  /** The calls; null: there are none. */
  toValue(): Value | null {
    return valueOf(this.calls);
  }

  private readOpenAi(delta: JsonValue): void {
    const call = this.at(integerOf(delta.get(INDEX)));
    if (call === null) return;
    call.id = textOr(delta.get(ID), call.id);
    call.type = textOr(delta.get(TYPE), call.type);
    const called = delta.get(FUNCTION);
    if (called === null) return;
    call.name = textOr(called.get(NAME), call.name);
    this.append(call, textOf(called.get(ARGUMENTS)));
  }

  private readAnthropic(event: JsonValue, type: Slice): bool {
    const block = event.get(CONTENT_BLOCK);
    if (block !== null && textOf(block.get(TYPE)).equals(TOOL_USE)) {
      const opened = this.at(integerOf(event.get(INDEX)));
      if (opened !== null) begin(opened, block);
      return true;
    }
    const delta = event.get(DELTA);
    const part = delta !== null ? delta.get(PARTIAL_JSON) : null;
    const isStop = type.equals(BLOCK_STOP);
    if (part === null && !isStop) return false;
    const known = this.find(integerOf(event.get(INDEX)));
    if (known === null) return !isStop;
    if (isStop) known.isOpen = false;
    else this.append(known, textOf(part));
    return true;
  }

  /** The call with this index; null: there is none. */
  find(index: i64): ToolCall | null {
    for (let i = 0; i < this.calls.length; i++) {
      if (<i64>this.calls[i].index == index) return this.calls[i];
    }
    return null;
  }

  /** The call with this index, made when it is new; null: no index that calls have. */
  at(index: i64): ToolCall | null {
    if (index < 0 || index > MAX_INDEX) return null;
    const known = this.find(index);
    if (known !== null) return known;
    const call = new ToolCall(<i32>index, this.limit);
    const calls = this.calls;
    calls.push(call);
    let at = calls.length - 1;
    for (; at > 0 && calls[at - 1].index > call.index; at--) calls[at] = calls[at - 1];
    calls[at] = call;
    return call;
  }
}

/** The calls in a whole answer of Anthropic, in OpenAI's form; null: there are none. */
export function toolUses(root: JsonValue): Value | null {
  const content = root.get(CONTENT);
  if (content === null || !content.isArray) return null;
  const calls: ToolCall[] = [];
  const cursor = content.entries();
  for (let index = 0; index <= MAX_INDEX && cursor.next(); index++) {
    const block = cursor.value;
    if (!textOf(block.get(TYPE)).equals(TOOL_USE)) continue;
    const call = new ToolCall(index, i32.MAX_VALUE);
    begin(call, block);
    call.isOpen = false;
    const input = block.get(INPUT);
    if (input !== null) call.arguments.append(input.at, input.raw.length);
    calls.push(call);
  }
  return valueOf(calls);
}

function valueOf(calls: ToolCall[]): Value | null {
  if (calls.length == 0) return null;
  const json = new JsonWriter().openArray();
  const printed = new Builder(64).appendByte(OPEN_LIST);
  for (let i = 0; i < calls.length; i++) {
    calls[i].write(json);
    if (i > 0) printed.appendByte(BLANK);
    calls[i].print(printed);
  }
  return Value.ofCalls(json.closeArray().toSlice(), printed.appendByte(CLOSE_LIST).view());
}

function begin(call: ToolCall, block: JsonValue): void {
  call.id = textOr(block.get(ID), call.id);
  call.name = textOr(block.get(NAME), call.name);
  call.type = TOOL_USE;
  call.isOpen = true;
}

/** A text that is not empty, copied; else what was known before. */
export function textOr(value: JsonValue | null, before: Slice): Slice {
  const text = textOf(value).sub(0, MOST_NAME);
  return text.isEmpty || text.equals(before)
    ? before
    : new Builder(text.length).append(text).view();
}
