import { findJson, integerOf, JsonPath, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";
import { isOneOf, leavesOf, STRUCTURE } from "./api/leaves";
import { offsetIn } from "./text-field";
import { CHOICES, CONTENT, INPUT, isThought, MESSAGE, TEXT, THINKING, TYPE } from "./words";

const INDEX: Slice = bytes("index");
const DELTA: Slice = bytes("delta");
const REFUSAL: Slice = bytes("refusal");
const TOOL_CALLS: Slice = bytes("tool_calls");
const AUDIO: Slice = bytes("audio");
const FUNCTION: Slice = bytes("function");
const CUSTOM: Slice = bytes("custom");
/** Before there were lists of calls. */
const FUNCTION_CALL: Slice = bytes("function_call");
const ARGUMENTS: Slice = bytes("arguments");
/** Of Anthropic: text, thoughts and the input of tools. */
const ANTHROPIC: Slice[] = [TEXT, THINKING, bytes("partial_json")];
const ANTHROPIC_JSON: i32 = 2;
const CITATION: Slice = bytes("citation");
const BLOCK: Slice = bytes("content_block");
/** Of OpenAI's responses. */
const RESPONSE: Slice = bytes("response.");
const OUTPUT_INDEX: Slice = bytes("output_index");
const CONTENT_INDEX: Slice = bytes("content_index");
const SUMMARY_INDEX: Slice = bytes("summary_index");
/** Where their events say once more, in whole, what was said in pieces. */
const PARTS: Slice = bytes("part item response output content summary ");
const SAID: Slice = bytes("text arguments refusal input code output command ");
/** What tools are to do, and what they found: all texts of it count. */
const DEEDS: Slice = bytes("action operation queries results outputs error ");
/** Beside the texts of what a path names. */
const TYPES: Slice = bytes("type ");
/** response.output[0].content[0].text */
const MAX_DEPTH: i32 = 6;
/** The track of texts that nothing goes on. */
export const ALONE: u64 = u64.MAX_VALUE;

/** Fields of a choice or a block that hold a text of their own. */
const enum Field {
  Path,
  Completion,
  Content,
  Reasoning,
  Refusal,
  Call,
  Responses,
  Summary,
  /** Those of `ANTHROPIC`, from here on. */
  Anthropic,
}

/** Some streams say the same twice. */
export const enum Echo {
  None,
  /** It will be said again, with what comes before and behind it. */
  First,
  /** All of a text that may have been said in pieces. */
  Repeat,
}

/** A piece of text in an event. */
@final
export class EventText {
  constructor(
    /** Whose text it goes on: a number for each choice and field. */
    readonly track: u64,
    /** Offset of its literal in the event, or in `joined`; −1: it does not stand there. */
    readonly start: i32,
    readonly length: i32,
    /** Memory of its own: the reader's is used again. */
    readonly text: Slice,
    /** The text is JSON itself: what a tool is called with. */
    readonly isJson: bool,
    readonly echo: Echo,
  ) {}

  /** Another text in its place, in an event that is the same but for it. @param length between quotes */
  like(text: Slice, length: i32): EventText {
    const start = this.start;
    return new EventText(this.track, start, length + 2, text.kept(), this.isJson, this.echo);
  }
}

/** What an event of a streamed answer says. */
@final
export class EventTexts {
  readonly list: EventText[] = [];
  /** What services are asked about in place of the texts, alone; null: the texts, with others. */
  asked: Slice | null = null;
  /** Of a JSON-RPC message, as JSON; no bytes: it has none. Memory of its own. */
  messageId: Slice = NO_BYTES;
  /** The document; null: the event has none. */
  readonly root: JsonValue | null;
  /** The data, when it stands in several lines; null: it stands in the event as it is. */
  readonly joined: Slice | null;
  /** It has no data, and is a document itself. */
  readonly isLine: bool;

  /** @param event as `SseReader` gives it; documents in it count where it has no data */
  constructor(private readonly event: Slice) {
    const data = dataOf(event);
    const root = findJson(data === null ? event : data);
    this.isLine = data === null;
    this.joined = data !== null && offsetIn(event, data) < 0 ? data : null;
    this.root = root;
  }

  /** It says one text, and nothing besides. */
  get isPlain(): bool {
    return this.list.length == 1 && this.asked === null && this.joined === null;
  }

  /** Takes the text at the first path where one is; of a list or an object all its texts but types. */
  takeFirst(paths: JsonPath[]): void {
    for (let i = 0; i < paths.length && this.list.length == 0; i++) {
      const value = paths[i].read(this.root);
      const leaves: JsonValue[] = value === null ? [] : leavesOf(value, TYPES);
      for (let k = 0; k < leaves.length; k++) {
        this.put(track(Field.Path), leaves[k], textOf(leaves[k]));
      }
    }
  }

  /** Takes all texts of chat formats. */
  takeAll(): void {
    const root = this.root;
    if (root === null) return;
    const choices = root.get(CHOICES);
    // Anthropic's blocks may begin with a text.
    const block = root.get(BLOCK);
    const delta = block === null ? root.get(DELTA) : block;
    if (choices !== null && choices.isArray) {
      const items = choices.entries();
      while (items.next()) if (items.value.isObject) this.takeChoice(items.value);
    } else if (delta !== null && delta.isObject) {
      const index = indexOf(root);
      for (let i = 0; i < ANTHROPIC.length; i++) {
        this.add(track(Field.Anthropic + i, index), delta.get(ANTHROPIC[i]), i == ANTHROPIC_JSON);
      }
      this.addAll(ALONE, delta.get(CONTENT)); // what its own tools gave
      this.addAll(ALONE, delta.get(CITATION));
      this.takeInput(delta.get(INPUT));
    } else if (delta !== null) {
      this.takePiece(root, delta);
    } else if (textOf(root.get(TYPE)).startsWith(RESPONSE)) {
      this.takeRepeats(root, 0);
    }
  }

  /** Of servers of Anthropic's API that do not stream it. */
  private takeInput(input: JsonValue | null): void {
    if (input !== null) this.takeAlone(leavesOf(input));
  }

  /** Of a response: the items of its output speak at the same time, and so do their parts. */
  private takePiece(root: JsonValue, delta: JsonValue): void {
    const isJson = textOf(root.get(TYPE)).find(ARGUMENTS) >= 0;
    const summary = root.get(SUMMARY_INDEX);
    const field = summary === null ? Field.Responses : Field.Summary;
    const part = summary === null ? indexOf(root, CONTENT_INDEX) : <u64>integerOf(summary);
    this.add(track(field, indexOf(root, OUTPUT_INDEX), part), delta, isJson, Echo.First);
  }

  private takeRepeats(value: JsonValue, depth: i32): void {
    const isList = value.isArray;
    const members = value.entries();
    while (members.next()) {
      const member = members.value;
      if (!isList && isOneOf(members.key, DEEDS)) this.addAll(ALONE, member, Echo.Repeat);
      else if (member.isArray || member.isObject) {
        const isPart = isList || isOneOf(members.key, PARTS);
        if (isPart && depth < MAX_DEPTH) this.takeRepeats(member, depth + 1);
      } else if (!isList && isOneOf(members.key, SAID)) {
        this.add(ALONE, member, members.keyIs(ARGUMENTS), Echo.Repeat);
      }
    }
  }

  /** Services are asked about this value, as it stands, even if it says nothing. */
  askAlone(value: JsonValue): void {
    this.asked = textOf(value).copy();
  }

  /** Takes texts that nothing goes on. */
  takeAlone(values: JsonValue[]): void {
    for (let i = 0; i < values.length; i++) this.put(ALONE, values[i], textOf(values[i]));
  }

  private takeChoice(choice: JsonValue): void {
    const index = indexOf(choice);
    this.add(track(Field.Completion, index), choice.get(TEXT));
    this.addAll(ALONE, choice.get(MESSAGE)); // some say all once more at the end
    const delta = choice.get(DELTA);
    if (delta === null || !delta.isObject) return;
    const members = delta.entries();
    while (members.next()) {
      const value = members.value;
      if (members.keyIs(CONTENT)) this.addAll(track(Field.Content, index), value);
      else if (members.keyIs(REFUSAL)) this.add(track(Field.Refusal, index), value);
      else if (members.keyIs(TOOL_CALLS)) this.takeCalls(value, index);
      else if (members.keyIs(FUNCTION_CALL)) this.takeCall(track(Field.Call, index), value);
      else this.takeThoughts(members.key, value, index);
    }
  }

  /**
   * Or what is spoken. They may say the same, each for itself: their names differ in length or in the
   * last byte.
   */
  private takeThoughts(key: Slice, value: JsonValue, index: u64): void {
    if (!isThought(key) && !key.equals(AUDIO)) return;
    const name = (key.length << 8) | key.at(key.length - 1);
    this.addAll(track(Field.Reasoning, index, <u64>name), value);
  }

  private takeCalls(calls: JsonValue, index: u64): void {
    if (!calls.isArray) return;
    const items = calls.entries();
    while (items.next()) {
      const call = items.value;
      if (!call.isObject) continue;
      const name = track(Field.Call, index, indexOf(call));
      this.takeCall(name, call.get(FUNCTION));
      this.takeCall(name, call.get(CUSTOM));
    }
  }

  private takeCall(track: u64, called: JsonValue | null): void {
    if (called === null || !called.isObject) return;
    this.add(track, called.get(ARGUMENTS), true);
    this.add(track, called.get(INPUT)); // of a custom tool
  }

  /** A text, or the texts of a list of parts. */
  private addAll(track: u64, value: JsonValue | null, echo: Echo = Echo.None): void {
    if (value === null) return;
    const leaves = leavesOf(value, STRUCTURE);
    for (let i = 0; i < leaves.length; i++) this.add(track, leaves[i], false, echo);
  }

  private add(
    track: u64,
    value: JsonValue | null,
    isJson: bool = false,
    echo: Echo = Echo.None,
  ): void {
    if (value !== null && value.isString) this.put(track, value, textOf(value), isJson, echo);
  }

  private put(
    track: u64,
    value: JsonValue,
    text: Slice,
    isJson: bool = false,
    echo: Echo = Echo.None,
  ): void {
    if (text.isEmpty) return;
    const raw = value.raw;
    const joined = this.joined;
    const start = offsetIn(joined === null ? this.event : joined, raw);
    const piece = new EventText(track, start, raw.length, text.copy(), isJson, echo);
    // In the order of the event, as it is edited. Nearly all come so.
    const list = this.list;
    let at = list.push(piece) - 1;
    for (; at > 0 && list[at - 1].start > start; at--) list[at] = list[at - 1];
    list[at] = piece;
  }
}

function indexOf(value: JsonValue, key: Slice = INDEX): u64 {
  return <u64>integerOf(value.get(key));
}

/** @param index of the choice or block, `call` of the tool's call in it: 28 bits of each count */
function track(field: i32, index: u64 = 0, call: u64 = 0): u64 {
  return ((<u64>field) << 56) | ((index & 0xfff_ffff) << 28) | (call & 0xfff_ffff);
}
