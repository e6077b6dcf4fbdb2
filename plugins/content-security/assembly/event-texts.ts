import { findJson, integerOf, JsonPath, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";

const CHOICES: Slice = bytes("choices");
const INDEX: Slice = bytes("index");
const DELTA: Slice = bytes("delta");
const TEXT: Slice = bytes("text");
const CONTENT: Slice = bytes("content");
const REASONING: Slice = bytes("reasoning_content");
const TOOL_CALLS: Slice = bytes("tool_calls");
const FUNCTION: Slice = bytes("function");
const ARGUMENTS: Slice = bytes("arguments");
/** Of Anthropic: text, thoughts and the input of tools. */
const ANTHROPIC: Slice[] = [TEXT, bytes("thinking"), bytes("partial_json")];
const ANTHROPIC_JSON: i32 = 2;

/** Fields of a choice or a block that hold a text of their own. */
const enum Field {
  Path,
  Completion,
  Content,
  Reasoning,
  Call,
  Responses,
  /** Those of `ANTHROPIC`, from here on. */
  Anthropic,
}

/** A piece of text in an event. */
@final
export class EventText {
  constructor(
    /** Whose text it goes on: a number for each choice and field. */
    readonly track: u64,
    /** Offset of its literal in the event; −1: it does not stand there as it is. */
    readonly start: i32,
    readonly length: i32,
    /** Memory of its own: the reader's is used again. */
    readonly text: Slice,
    /** The text is JSON itself: what a tool is called with. */
    readonly isJson: bool,
  ) {}
}

/** What an event of a streamed answer says. */
@final
export class EventTexts {
  readonly list: EventText[] = [];

  /** @param event as `SseReader` gives it. @param paths of a single text; empty: all texts of chat formats */
  constructor(
    private readonly event: Slice,
    paths: JsonPath[],
  ) {
    const data = dataOf(event);
    if (data !== null) this.takeData(data, paths);
  }

  private takeData(data: Slice, paths: JsonPath[]): void {
    const root = findJson(data);
    if (root === null || !root.isObject) return;
    if (paths.length > 0) this.takeFirst(root, paths);
    else this.takeAll(root);
  }

  private takeFirst(root: JsonValue, paths: JsonPath[]): void {
    for (let i = 0; i < paths.length && this.list.length == 0; i++)
      this.add(track(Field.Path), paths[i].read(root));
  }

  private takeAll(root: JsonValue): void {
    const choices = root.get(CHOICES);
    const delta = root.get(DELTA);
    if (choices !== null && choices.isArray) {
      const items = choices.entries();
      while (items.next()) if (items.value.isObject) this.takeChoice(items.value);
    } else if (delta !== null && delta.isObject) {
      const block = indexOf(root);
      for (let i = 0; i < ANTHROPIC.length; i++) {
        this.add(track(Field.Anthropic + i, block), delta.get(ANTHROPIC[i]), i == ANTHROPIC_JSON);
      }
    } else {
      this.add(track(Field.Responses), delta); // OpenAI's responses
    }
  }

  private takeChoice(choice: JsonValue): void {
    const index = indexOf(choice);
    this.add(track(Field.Completion, index), choice.get(TEXT));
    const delta = choice.get(DELTA);
    if (delta === null || !delta.isObject) return;
    const members = delta.entries();
    while (members.next()) {
      if (members.keyIs(CONTENT)) this.add(track(Field.Content, index), members.value);
      else if (members.keyIs(REASONING)) this.add(track(Field.Reasoning, index), members.value);
      else if (members.keyIs(TOOL_CALLS)) this.takeCalls(members.value, index);
    }
  }

  private takeCalls(calls: JsonValue, index: u64): void {
    if (!calls.isArray) return;
    const items = calls.entries();
    while (items.next()) {
      const call = items.value;
      const called = call.isObject ? call.get(FUNCTION) : null;
      if (called === null || !called.isObject) continue;
      this.add(track(Field.Call, index, indexOf(call)), called.get(ARGUMENTS), true);
    }
  }

  private add(track: u64, value: JsonValue | null, isJson: bool = false): void {
    if (value === null || !value.isString) return;
    const text = textOf(value);
    if (text.isEmpty) return;
    const raw = value.raw;
    const event = this.event;
    const isInPlace =
      raw.ptr >= event.ptr && raw.ptr + <usize>raw.length <= event.ptr + <usize>event.length;
    const start = isInPlace ? <i32>(raw.ptr - event.ptr) : -1;
    this.list.push(new EventText(track, start, raw.length, text.copy(), isJson));
  }
}

function indexOf(value: JsonValue): u64 {
  return <u64>integerOf(value.get(INDEX));
}

/** @param index of the choice or block, `call` of the tool's call in it: 28 bits of each count */
function track(field: i32, index: u64 = 0, call: u64 = 0): u64 {
  return ((<u64>field) << 56) | ((index & 0xfff_ffff) << 28) | (call & 0xfff_ffff);
}
