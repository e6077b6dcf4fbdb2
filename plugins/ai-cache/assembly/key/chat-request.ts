import {
  boolOf,
  JsonCursor,
  JsonValue,
  numberOf,
  readJson,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { appendSized } from "../sized-text";
import { Turn } from "./turn";

/** More messages, or members of the request, are nobody's: each would take memory of the worker for good. */
export const MOST_TURNS: i32 = 8192;
const MOST_MEMBERS: i32 = 1024;

const INCLUDE_USAGE: Slice = bytes("include_usage");

/** The members of a request that a cache has to know, and their places in `members`. */
const enum Member {
  Messages,
  Model,
  Stream,
  N,
  Temperature,
  StreamOptions,
  System,
  Instructions,
  Count,
}

const NAMES: Slice[] = [
  bytes("messages"),
  bytes("model"),
  bytes("stream"),
  bytes("n"),
  bytes("temperature"),
  bytes("stream_options"),
  bytes("system"),
  bytes("instructions"),
];

/** The body of a chat request, read once. Shares the body's memory. */
@final
export class ChatRequest {
  /** Null: the body is no JSON object or array. */
  readonly root: JsonValue | null;
  readonly turns: Turn[] = [];
  private readonly members: StaticArray<JsonValue | null> = new StaticArray<JsonValue | null>(
    Member.Count,
  );
  /** Why it was not read to its end; empty: it was. */
  excess: string = "";
  private isDoubled: bool = false;

  constructor(body: Slice) {
    const root = readJson(body);
    this.root = root !== null && (root.isObject || root.isArray) ? root : null;
    if (root !== null && root.isObject) this.readMembers(root);
  }

  /**
   * It says something twice that matters, or in other letters: the model may read it otherwise than we do.
   */
  get isAmbiguous(): bool {
    if (this.isDoubled) return true;
    for (let i = 0; i < this.turns.length; i++) {
      if (this.turns[i].isAmbiguous) return true;
    }
    return false;
  }

  get wantsStream(): bool {
    return boolOf(this.members[Member.Stream]);
  }

  get wantsUsage(): bool {
    const options = this.members[Member.StreamOptions];
    return options !== null && boolOf(options.get(INCLUDE_USAGE));
  }

  get model(): Slice {
    return textOf(this.members[Member.Model]);
  }

  /** Answers that are asked for; what is no number counts as one. */
  get choices(): f64 {
    const n = this.members[Member.N];
    return n === null ? 1 : numberOf(n);
  }

  /** NaN: it says none. */
  get temperature(): f64 {
    const value = this.members[Member.Temperature];
    return value === null || value.isNull ? NaN : numberOf(value);
  }

  /** The last message, or null. */
  get lastTurn(): Turn | null {
    const count = this.turns.length;
    return count == 0 ? null : this.turns[count - 1];
  }

  /** Messages that are no instructions. */
  get conversationLength(): i32 {
    let count = 0;
    for (let i = 0; i < this.turns.length; i++) {
      if (!this.turns[i].isSystem) count++;
    }
    return count;
  }

  /** Messages of users; the peer takes one that is in no list for a list of one. */
  get userTurns(): Turn[] {
    const turns: Turn[] = [];
    const messages = this.members[Member.Messages];
    if (messages !== null && messages.isObject) {
      const turn = new Turn(messages);
      if (turn.isUser) turns.push(turn);
    }
    for (let i = 0; i < this.turns.length; i++) {
      if (this.turns[i].isUser) turns.push(this.turns[i]);
    }
    return turns;
  }

  /** What users said, a line each. */
  get allQuestions(): Slice {
    const out = new Builder(256);
    const turns = this.userTurns;
    for (let i = 0; i < turns.length; i++) {
      if (i > 0) out.appendByte(0x0a);
      out.append(turns[i].text);
    }
    return out.view();
  }

  /** All instructions to the model, each with its length; no bytes: there are none. */
  get system(): Slice {
    const out = new Builder(0);
    for (let i = 0; i < this.turns.length; i++) {
      const content = this.turns[i].content;
      if (this.turns[i].isSystem && content !== null) appendSized(out, content.raw);
    }
    appendMember(out, this.members[Member.System]);
    appendMember(out, this.members[Member.Instructions]);
    return out.length == 0 ? NO_BYTES : out.view();
  }

  /** Messages that are no instructions, each with its length. @param withLast the last one, too */
  history(withLast: bool): Slice {
    const out = new Builder(0);
    const count = this.turns.length - (withLast ? 0 : 1);
    for (let i = 0; i < count; i++) {
      if (!this.turns[i].isSystem) appendSized(out, this.turns[i].value.raw);
    }
    return out.length == 0 ? NO_BYTES : out.view();
  }

  private readMembers(root: JsonValue): void {
    const entries = root.entries();
    for (let count = 0; entries.next(); count++) {
      if (count == MOST_MEMBERS) {
        this.excess = "members";
        return;
      }
      this.readMember(entries);
    }
    this.readTurns();
  }

  private readMember(entries: JsonCursor): void {
    for (let i = 0; i < NAMES.length; i++) {
      if (!entries.keyIs(NAMES[i])) continue;
      if (this.members[i] !== null) this.isDoubled = true;
      else this.members[i] = entries.value;
      return;
    }
    for (let i = 0; i < NAMES.length; i++) {
      if (entries.keyIsLike(NAMES[i])) this.isDoubled = true;
    }
  }

  private readTurns(): void {
    const messages = this.members[Member.Messages];
    if (messages === null) return;
    // The peer takes one that is in no list for a list of one.
    if (messages.isObject && new Turn(messages).isTooWide) this.excess = "members";
    if (!messages.isArray) return;
    const elements = messages.entries();
    while (elements.next()) {
      if (this.turns.length == MOST_TURNS) {
        this.excess = "conversation_length";
        return;
      }
      const turn = new Turn(elements.value);
      if (turn.isTooWide) this.excess = "members";
      this.turns.push(turn);
    }
  }
}

function appendMember(out: Builder, value: JsonValue | null): void {
  if (value !== null && !value.isNull) appendSized(out, value.raw);
}
