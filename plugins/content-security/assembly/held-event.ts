import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { replaceData } from "@ai-gateway-wasm/sse";
import { EventText } from "./event-texts";
import { LocalStream } from "./local/local-stream";
import { withoutTokens } from "./tokens";

/** The text of one choice and field, over all events. */
@final
export class Track {
  /** Bytes of it so far. */
  length: i32 = 0;
  /** Bytes of all tracks when it was last heard of. */
  heardAt: i32 = 0;
  /** Pieces of all tracks until then. */
  heardAs: i32 = 0;
  /** All of it, as it came and as it went on, where the stream repeats it; null: it does not. */
  said: Builder | null = null;
  private readonly gone: Builder = new Builder(0);

  constructor(
    /** Number of the track in its stream. */
    readonly order: i32,
    /** Of the choice and field. */
    readonly name: u64,
    /** The local rules on it; null: there are none. */
    readonly rules: LocalStream | null,
  ) {}

  /** A piece goes on. @param changed null: as it came */
  pass(piece: Slice, changed: Slice | null): void {
    if (this.said !== null) this.gone.append(changed === null ? piece : changed);
  }

  /** What takes the place of all of it; null: nothing, it went on as it came. */
  repeated(text: Slice): Slice | null {
    const gone = this.gone.view();
    return gone.equals(text) ? null : gone;
  }
}

/** A piece of a track that waits for its verdict. */
@final
export class HeldText {
  /** What goes on in its place, once a judge has masked its window. */
  masked: Slice | null = null;

  constructor(
    readonly track: Track,
    /** Where it begins in its track. */
    readonly from: i32,
    readonly piece: EventText,
    /** It says once more what its track said, all of it. */
    readonly isRepeat: bool = false,
  ) {}

  /** The local rules have nothing more to say on it. */
  get isSettled(): bool {
    const rules = this.track.rules;
    return rules === null || this.from + this.piece.text.length <= rules.settled;
  }

  /** What is replaced began in the text before. */
  get isCut(): bool {
    const rules = this.track.rules;
    return rules !== null && rules.cuts(this.from);
  }

  /** What judges see of it. */
  shown(): Slice {
    const rules = this.track.rules;
    if (rules === null) return this.piece.text;
    const shown = rules.shown(this.piece.text, this.from);
    return shown === null ? this.piece.text : shown;
  }

  /** What takes its place; null: nothing. */
  rewritten(): Slice | null {
    const rules = this.track.rules;
    const text = this.piece.text;
    if (this.isRepeat) return this.track.repeated(text);
    let changed: Slice | null = null;
    if (rules !== null) changed = rules.rewrite(text, this.from); // always: pieces come in order
    const masked = this.masked;
    if (masked !== null) changed = masked.equals(text) ? null : masked;
    this.track.pass(text, changed);
    return changed;
  }
}

/** Of events that say nothing. */
const NO_TEXTS: HeldText[] = [];

/** An event that waits for its verdict. */
@final
export class HeldEvent {
  texts: HeldText[] = NO_TEXTS;
  runes: i32 = 0;
  /** What services are asked about in place of the texts, alone; null: the texts, with others. */
  asked: Slice | null = null;
  /** Of a JSON-RPC message, as JSON; no bytes: it has none. */
  messageId: Slice = NO_BYTES;
  /** But for its one text it is the same as the one before. */
  isAlike: bool = true;
  /** The data, when it stands in several lines; null: it stands in the event as it is. */
  joined: Slice | null = null;

  constructor(
    /** Where its bytes begin and end in the stream, blank lines and all. */
    readonly start: i32,
    readonly end: i32,
    /** Where its first line begins. */
    readonly head: i32,
  ) {}

  /** It says this, too. */
  add(text: HeldText): void {
    if (this.texts === NO_TEXTS) this.texts = [text];
    else this.texts.push(text);
  }

  /** What is replaced began in an event before. */
  get isCut(): bool {
    for (let i = 0; i < this.texts.length; i++) {
      if (this.texts[i].isCut) return true;
    }
    return false;
  }

  /**
   * The event as the local rules leave it. Once only.
   *
   * @param bytes of the event as it came
   * @returns null when a text that changed has no place in it
   */
  rewritten(bytes: Slice): Slice | null {
    const joined = this.joined;
    const head = this.head - this.start;
    const source = joined === null ? bytes : joined;
    let out: Builder | null = null;
    let from = 0;
    for (let i = 0; i < this.texts.length; i++) {
      const text = this.texts[i];
      const changed = text.rewritten();
      if (changed === null) continue;
      if (out === null) out = new Builder(0);
      if (text.piece.start < 0) return null;
      const start = text.piece.start + (joined === null ? head : 0);
      if (start < from) continue; // the same literal once more
      out.append(source.sub(from, start)).append(quote(changed));
      from = start + text.piece.length;
    }
    if (out === null) return bytes;
    const edited = withoutTokens(out.append(source.sub(from)).view());
    return joined === null ? edited : replaceData(bytes.sub(head), edited).view();
  }
}

/** `splice` makes an array of what it takes out. */
export function dropFirst(events: HeldEvent[], count: i32): void {
  const rest = events.length - count;
  for (let i = 0; i < rest; i++) events[i] = events[i + count];
  events.length = rest;
}
