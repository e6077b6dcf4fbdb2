import { NO_BYTES } from "@ai-gateway-wasm/bytes";
import { ALONE } from "./event-texts";
import { Examiner } from "./exam";
import { Track } from "./held-event";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { LocalRules } from "./local/local-rules";
import { LocalStream } from "./local/local-stream";

/** The texts of a stream, one of each choice and field, and what the local rules say of them. */
@final
export class Tracks {
  /** Those that go on, and those that are refused. */
  private readonly list: Track[] = [];
  private count: i32 = 0;
  /** Something was taken out of a text that has ended. */
  private hasMasked: bool = false;

  /** @param rules null: there are none */
  constructor(
    private readonly rules: LocalRules | null,
    private readonly examiner: Examiner,
  ) {}

  /** The text of that name; another one when that has ended. */
  of(name: u64, isJson: bool): Track {
    for (let i = 0; name != ALONE && i < this.list.length; i++) {
      if (this.list[i].goesOn(name)) return this.list[i];
    }
    const rules = this.rules;
    const memory = this.examiner.memory;
    const applies = rules !== null && (rules.judges(Phase.Response) || !memory.isEmpty);
    const track = new Track(
      this.count++,
      name,
      applies && rules !== null ? rules.stream(Phase.Response, NO_BYTES, memory, isJson) : null,
    );
    if (name != ALONE) this.list.push(track);
    return track;
  }

  /** Nothing goes on with it: it is forgotten, unless it is refused. */
  finishAlone(track: Track): void {
    const rules = track.rules;
    track.finish();
    if (rules === null) return;
    this.noteRules(rules);
    if (rules.judgement !== null) this.list.push(track);
  }

  finish(): void {
    for (let i = 0; i < this.list.length; i++) this.list[i].finish();
  }

  /** What is refused; null: nothing. */
  findRefusal(): Judgement | null {
    for (let i = 0; i < this.list.length; i++) {
      const rules = this.list[i].rules;
      if (rules !== null && rules.judgement !== null) return rules.judgement;
    }
    return null;
  }

  /** Tells the audit which rules matched. @returns true: something was taken out */
  note(): bool {
    for (let i = 0; i < this.list.length; i++) {
      const rules = this.list[i].rules;
      if (rules !== null) this.noteRules(rules);
    }
    return this.hasMasked;
  }

  private noteRules(rules: LocalStream): void {
    this.examiner.ledger.audit.noteRules(rules.logged);
    if (rules.isMasked) this.hasMasked = true;
  }
}
