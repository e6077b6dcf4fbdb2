import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ALONE, Echo, EventText } from "./event-texts";
import { Examiner } from "./exam";
import { HeldEvent, HeldText, Track } from "./held-event";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { LocalRules } from "./local/local-rules";

/** Texts that go on at the same time: with more of them, the oldest has ended. */
const MAX_TRACKS: i32 = 256;
/** Pieces of others behind which a text has ended: one of them may be long. */
const PIECES: i32 = 8;
/** Bytes of a text that is known again when it is repeated. */
const MAX_REPEATED: i32 = 1 << 20;

/**
 * The texts of a stream, one of each choice and field, and what the local rules say of them:
 *
 *   reasoning  …the answer│ is waited for: "answer@…" may follow
 *   content                │ Hello, …          and so is all behind it, until the first one has ended
 */
@final
export class Tracks {
  /** What is refused; null: nothing so far. */
  refusal: Judgement | null = null;
  /** Those that go on. */
  private list: Track[] = [];
  /** Those that the stream may repeat. */
  private readonly spoken: Track[] = [];
  private count: i32 = 0;
  /** Bytes of all texts so far. */
  private said: i32 = 0;
  private pieces: i32 = 0;
  /** Something was taken out of a text that has ended. */
  private hasMasked: bool = false;

  /** @param rules null: there are none */
  constructor(
    private readonly rules: LocalRules | null,
    private readonly examiner: Examiner,
    /** Who speaks; no bytes: unknown. */
    private readonly role: Slice,
  ) {}

  /** A text goes on, or begins; or one is said once more, so it has ended. */
  add(piece: EventText): HeldText {
    const spoken = piece.echo == Echo.Repeat ? this.findSpoken(piece.text) : null;
    if (spoken !== null) {
      this.end(spoken);
      return new HeldText(spoken, 0, piece, true);
    }
    const track = this.of(piece.track, piece.isJson);
    if (piece.echo != Echo.None) this.keep(track, piece.text);
    const held = new HeldText(track, track.length, piece);
    const rules = track.rules;
    track.length += piece.text.length;
    this.said += piece.text.length;
    track.heardAt = this.said;
    track.heardAs = ++this.pieces;
    if (rules !== null) {
      rules.feed(piece.text);
      this.refuse(rules.judgement);
    }
    if (piece.track == ALONE) this.close(track);
    return held;
  }

  /**
   * The local rules have nothing more to say on an event. A text that others have left behind for
   * good has ended: nobody says when thoughts do, and the answer would wait for it.
   */
  settles(event: HeldEvent): bool {
    const rules = this.rules;
    const others = max(1, this.list.length - 1);
    for (let i = 0; i < event.texts.length; i++) {
      const text = event.texts[i];
      if (text.isSettled || rules === null) continue;
      if (this.said - text.track.heardAt < rules.holdback * others) return false;
      if (this.pieces - text.track.heardAs < PIECES * others) return false;
      this.end(text.track);
      if (!text.isSettled) return false;
    }
    return true;
  }

  /** All texts have ended. */
  finish(): void {
    const list = this.list;
    this.list = [];
    for (let i = 0; i < list.length; i++) this.close(list[i]);
  }

  /** Tells the audit which rules matched. @returns true: something was taken out */
  note(): bool {
    for (let i = 0; i < this.list.length; i++) this.noteRules(this.list[i]);
    return this.hasMasked;
  }

  private findSpoken(text: Slice): Track | null {
    for (let i = 0; i < this.spoken.length; i++) {
      const said = this.spoken[i].said;
      if (said !== null && said.view().equals(text)) return this.spoken[i];
    }
    return null;
  }

  /** Keeps what is said, to know it again. */
  private keep(track: Track, piece: Slice): void {
    if (track.length == 0 && this.spoken.length < MAX_TRACKS) {
      track.said = new Builder(0);
      this.spoken.push(track);
    }
    const said = track.said;
    if (said === null) return;
    if (said.length + piece.length > MAX_REPEATED) track.said = null;
    else said.append(piece);
  }

  /** The text of that name; another one when that has ended. */
  private of(name: u64, isJson: bool): Track {
    for (let i = 0; name != ALONE && i < this.list.length; i++) {
      if (this.list[i].name == name) return this.list[i];
    }
    const rules = this.rules;
    const memory = this.examiner.memory;
    const applies = rules !== null && (rules.judges(Phase.Response) || !memory.isEmpty);
    const track = new Track(
      this.count++,
      name,
      applies && rules !== null ? rules.stream(Phase.Response, this.role, memory, isJson) : null,
    );
    if (name == ALONE) return track;
    if (this.list.length == MAX_TRACKS) this.end(this.list[0]);
    this.list.push(track);
    return track;
  }

  /** What comes under its name is another text. */
  private end(track: Track): void {
    const at = this.list.indexOf(track);
    if (at >= 0) this.list.splice(at, 1);
    this.close(track);
  }

  private close(track: Track): void {
    const rules = track.rules;
    if (rules === null) return;
    rules.finish();
    this.refuse(rules.judgement);
    this.noteRules(track);
  }

  private refuse(judgement: Judgement | null): void {
    if (this.refusal === null) this.refusal = judgement;
  }

  private noteRules(track: Track): void {
    const rules = track.rules;
    if (rules === null) return;
    this.examiner.ledger.audit.noteRules(rules.logged);
    if (rules.isMasked) this.hasMasked = true;
  }
}
