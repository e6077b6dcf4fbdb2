import { JsonPath, JsonValue, stringOf } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Builtin, Rule } from "./attribute";
import { CappedText } from "./capped-text";
import { answerIn, finishIn, reasoningIn } from "./delta";
import { appendParts, partIn } from "./dialog-answer";
import { Value } from "./value";

/**
 * One thing that is read from every event of a stream, and what was found so far: the first or the
 * last value that is neither null nor empty, or all of them as one text.
 */
@final
export class Probe {
  /** The present event's value stands where the shape of events has its slot. */
  isOnSlot: bool = false;
  private readonly texts: CappedText;
  private kept: Value | null = null;
  /** Where the present event has it: from `foundAt` on, before `foundEnd`. */
  private foundAt: i32 = 0;
  private foundEnd: i32 = 0;

  constructor(
    /** Null: where the built-in key says; without one, why the model stopped. */
    private readonly path: JsonPath | null,
    private readonly builtin: Builtin,
    private readonly rule: Rule,
    limit: i32,
  ) {
    this.texts = new CappedText(limit);
  }

  /** Whether further events change nothing. */
  get isDone(): bool {
    return this.rule == Rule.None || (this.rule == Rule.First && this.kept !== null);
  }

  /** Whether what it finds is put together. */
  get appends(): bool {
    return this.rule == Rule.Append;
  }

  private get isOfDialog(): bool {
    return this.builtin >= Builtin.DialogAnswer;
  }

  /** What the event has for it; null: nothing. */
  find(event: JsonValue): JsonValue | null {
    const path = this.path;
    if (path !== null) return path.read(event);
    if (this.isOfDialog) return partIn(event, this.builtin == Builtin.DialogReasoning);
    if (this.builtin == Builtin.Answer) return answerIn(event);
    return this.builtin == Builtin.Reasoning ? reasoningIn(event) : finishIn(event);
  }

  /** Another event begins. */
  forgetPlace(): void {
    this.isOnSlot = false;
    this.foundAt = 0;
    this.foundEnd = 0;
  }

  /** Remembers where the present event has it. */
  notePlace(at: i32, length: i32): void {
    this.foundAt = at;
    this.foundEnd = at + length;
  }

  /** Whether what was found in the present event stands there, or around it. */
  isAt(place: i32): bool {
    return this.foundAt <= place && place < this.foundEnd;
  }

  /** Takes what `find` found. */
  take(json: JsonValue): void {
    if (!this.appends) {
      const value = Value.ofJson(json);
      if (!value.isEmpty) this.kept = value.kept();
    } else if (json.isString) {
      this.append(stringOf(json));
    } else if (this.isOfDialog && json.isArray) {
      const texts = new Builder(64);
      appendParts(texts, json, this.builtin == Builtin.DialogReasoning);
      this.append(texts.view());
    } else if (!json.isNull) {
      // An array or object is appended as it stands, and not as it is printed.
      const isContainer = json.isArray || json.isObject;
      this.append(isContainer ? json.raw : Value.ofJson(json).text());
    }
  }

  append(text: Slice): void {
    this.texts.append(text.ptr, text.length);
  }

  /** What the whole stream has; a text for what is put together. Null: nothing. */
  result(): Value | null {
    if (!this.appends) return this.kept;
    const text = this.texts.text();
    return this.texts.isTruncated ? Value.ofCut(text) : Value.ofText(text);
  }
}
