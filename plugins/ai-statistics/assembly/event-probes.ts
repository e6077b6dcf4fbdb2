import { JsonValue } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Attribute, Builtin, Phase, Rule } from "./attribute";
import { answerIn, reasoningIn } from "./delta";
import { DialogConfig } from "./dialog-config";
import { Probe } from "./probe";
import { ToolCalls } from "./tool-calls";
import { Value } from "./value";

/** No event has a text that could be the only one that changes. */
export const NO_SLOT: i32 = -1;

/** What is put together out of the events of one stream. */
@final
export class EventProbes {
  /** Whether some path is configured, which may read anything. */
  readsPaths: bool = false;
  /** All there are, without order. */
  private readonly all: Probe[] = [];
  /** Per attribute: what its path finds, and what its key finds without one. */
  private readonly paths: StaticArray<Probe | null>;
  private readonly builtins: StaticArray<Probe | null>;
  private calls: ToolCalls | null = null;
  private dialogCalls: ToolCalls | null = null;
  private answer: Probe | null = null;
  private reasoning: Probe | null = null;
  private finish: Probe | null = null;
  /** Where the present event has its text. */
  private slot: i32 = NO_SLOT;

  /** @param tellsFinish why the model stopped is wanted, be there a dialogue log or not */
  constructor(attributes: Attribute[], limit: i32, dialog: DialogConfig | null, tellsFinish: bool) {
    this.paths = new StaticArray<Probe | null>(attributes.length);
    this.builtins = new StaticArray<Probe | null>(attributes.length);
    for (let i = 0; i < attributes.length; i++) {
      if (attributes[i].isReadIn(Phase.Events)) this.add(attributes[i], i, limit);
    }
    if (dialog !== null) this.addDialog(dialog);
    if (dialog !== null || tellsFinish) {
      this.finish = this.push(new Probe(null, Builtin.None, Rule.Replace, limit));
    }
  }

  /** Whether nothing is put together. */
  get isIdle(): bool {
    return this.all.length == 0 && this.calls === null && this.dialogCalls === null;
  }

  /**
   * Takes what an event says. Answers where its text begins, counted from the event's JSON and quote
   * included, when all else that it says would change nothing if it came again; else `NO_SLOT`.
   */
  read(event: JsonValue): i32 {
    this.slot = NO_SLOT;
    let isAlone = true;
    for (let i = 0; i < this.all.length; i++) {
      const probe = this.all[i];
      probe.forgetPlace();
      if (probe.isDone) continue;
      const value = probe.find(event);
      if (value === null) continue;
      probe.take(value);
      if (!this.isAlike(probe, value, event)) isAlone = false;
    }
    if (takesCalls(this.calls, event)) isAlone = false;
    if (takesCalls(this.dialogCalls, event)) isAlone = false;
    if (!isAlone) return NO_SLOT;
    if (this.slot == NO_SLOT) this.slot = slotOf(event);
    return this.isTaken(this.slot) ? NO_SLOT : this.slot;
  }

  /** Whether a value would change nothing if it came again, or is the text that changes. */
  private isAlike(probe: Probe, value: JsonValue, event: JsonValue): bool {
    const place = placeIn(event, value);
    if (!probe.appends) {
      probe.notePlace(place, <i32>(value.endAddress() - value.at));
      return place != NO_SLOT;
    }
    const isText = place != NO_SLOT && value.isString;
    if (isText && (this.slot == NO_SLOT || this.slot == place)) {
      this.slot = place;
      probe.isOnSlot = true;
      return true;
    }
    return value.isNull;
  }

  /** Whether the first or last value of something stands where the text of events changes. */
  private isTaken(slot: i32): bool {
    for (let i = 0; i < this.all.length; i++) if (this.all[i].isAt(slot)) return true;
    return false;
  }

  /** Takes the text of an event that says nothing else. */
  takeText(text: Slice): void {
    for (let i = 0; i < this.all.length; i++) {
      if (this.all[i].isOnSlot) this.all[i].append(text);
    }
  }

  /** What the stream has for an attribute, but for counts of tokens; null: nothing. */
  find(attribute: Attribute, index: i32): Value | null {
    const path = this.paths[index];
    const value = path !== null ? path.result() : null;
    if (value !== null && !value.isEmpty) return value;
    if (attribute.builtin == Builtin.None) return value;
    return attribute.builtin == Builtin.ToolCalls
      ? valueOf(this.calls)
      : textOf(this.builtins[index]);
  }

  /** What the dialogue log has. */
  part(builtin: Builtin): Value | null {
    if (builtin == Builtin.ToolCalls) return valueOf(this.dialogCalls);
    return textOf(builtin == Builtin.Answer ? this.answer : this.reasoning);
  }

  /** Whether some call's arguments are not complete. */
  get hasCutCalls(): bool {
    const calls = this.dialogCalls;
    return calls !== null && calls.isCut;
  }

  /** Why the model stopped; empty: it did not say, or nobody wants to know. */
  finishReason(): Slice {
    const finish = this.finish;
    const value = finish !== null ? finish.result() : null;
    return value === null ? NO_BYTES : value.plain();
  }

  private add(attribute: Attribute, index: i32, limit: i32): void {
    const builtin = attribute.builtin;
    if (attribute.path !== null) {
      this.readsPaths = true;
      this.paths[index] = this.push(new Probe(attribute.path, Builtin.None, attribute.rule, limit));
    }
    if (builtin == Builtin.Answer) {
      this.builtins[index] = this.push(new Probe(null, builtin, attribute.rule, limit));
    } else if (builtin == Builtin.Reasoning) {
      this.builtins[index] = this.push(new Probe(null, builtin, Rule.Append, limit));
    } else if (builtin == Builtin.ToolCalls && this.calls === null) {
      this.calls = new ToolCalls(limit, false);
    }
  }

  private addDialog(dialog: DialogConfig): void {
    const limit = dialog.maxAnswer;
    this.answer = this.push(new Probe(null, Builtin.DialogAnswer, Rule.Append, limit));
    if (dialog.hasReasoning) {
      this.reasoning = this.push(new Probe(null, Builtin.DialogReasoning, Rule.Append, limit));
    }
    if (dialog.hasToolCalls) this.dialogCalls = new ToolCalls(limit, true);
  }

  private push(probe: Probe): Probe {
    this.all.push(probe);
    return probe;
  }
}

function takesCalls(calls: ToolCalls | null, event: JsonValue): bool {
  return calls !== null && calls.read(event);
}

function valueOf(calls: ToolCalls | null): Value | null {
  return calls !== null ? calls.toValue() : null;
}

/** Where in the event a value begins; `NO_SLOT`: a path made it up. */
function placeIn(event: JsonValue, value: JsonValue): i32 {
  return value.at >= event.at && value.at < event.limit ? <i32>(value.at - event.at) : NO_SLOT;
}

/** Where most events have the text that changes: what the model says, or thinks. */
function slotOf(event: JsonValue): i32 {
  const answer = answerIn(event);
  const text = answer === null || answer.isNull ? reasoningIn(event) : answer;
  return text !== null && text.isString ? placeIn(event, text) : NO_SLOT;
}

/** Nothing is null, not an empty text. */
function textOf(probe: Probe | null): Value | null {
  const value = probe !== null ? probe.result() : null;
  return value !== null && !value.isEmpty ? value : null;
}
