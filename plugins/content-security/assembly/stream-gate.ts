import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse } from "proxy-wasm-as";
import { Taking } from "./api/api";
import { SecurityConfig, Trigger } from "./config";
import { isLastWord, mayHaveData } from "./event-ends";
import { EventText } from "./event-texts";
import { Exam, Examiner, Outcome } from "./exam";
import { HeldBytes } from "./held-bytes";
import { dropFirst, HeldEvent } from "./held-event";
import { Phase } from "./judge/backend";
import { Judgement } from "./judge/judgement";
import { Masking } from "./masking";
import { Denial } from "./refusal/denial";
import { Ending } from "./refusal/ending";
import { runesIn } from "./runes";
import { StreamContext } from "./stream-context";
import { StreamEvents } from "./stream-events";
import { Tracks } from "./tracks";
import { WindowTexts } from "./window-texts";

/** What the peer asks about where a window has no text (content-security.md 3.5). */
const EMPTY_CONTENT: Slice = bytes("[empty content]");

/**
 * Lets a stream of events through as its text is judged (content-security.md 3.5, 9.3):
 *
 *   feed ─► held ─► settled by the local rules ─► a window of them is judged by the back ends ─► out
 *             └──── refused ──────────────────────────────┴────► a refusal goes out, and no more
 *
 * Events whose text does not change go out as they came.
 */
@final
export class StreamGate {
  private readonly incoming: StreamEvents;
  private readonly held: HeldBytes = new HeldBytes();
  private readonly events: HeldEvent[] = [];
  private readonly tracks: Tracks;
  /** Of the held events, from the first: those that the local rules have settled, and their text. */
  private settled: i32 = 0;
  private settledRunes: i32 = 0;
  /** Of these: the window that the back ends judge. */
  private window: i32 = 0;
  private readonly windowTexts: WindowTexts = new WindowTexts();
  private readonly out: Builder = new Builder(0);
  private exam: Exam | null = null;
  private readonly context: StreamContext;
  /** The end came alone, which the peer asks about (decision 11.3). */
  private endsAlone: bool = false;
  private hasEnded: bool = false;
  /** All is said: what is held does not wait for more. */
  private isSpoken: bool = false;
  /** A refusal or the end went out: what comes is swallowed. */
  private isOver: bool = false;
  /** Something was taken out of it, by whomever. */
  private isMasked: bool = false;
  /** It has said something. */
  private isHeard: bool = false;
  /** Some of it could not be judged. */
  private hasFailed: bool = false;
  /** Too much was said for judges that want it all: the back ends are not asked any more. */
  private isTooLong: bool = false;
  /** Bytes of the stream that had come when a judge was asked. */
  private askedAt: i32 = 0;
  /** Ticks since a window went out, while there is something for the next one. */
  private ticks: i32 = 0;
  /** A window is due, full or not. */
  private isLate: bool = false;

  /** @param taking `Search`: nobody says that it is a stream, so what is no data is not held */
  constructor(
    private readonly config: SecurityConfig,
    private readonly examiner: Examiner,
    private readonly taking: Taking,
    /** How a refusal ends the stream; null until it shows what it speaks. */
    private ending: Ending | null,
  ) {
    this.tracks = new Tracks(config.rules, examiner, config.api.speaker);
    this.context = new StreamContext(config);
    this.incoming = new StreamEvents(config.api, <i32>config.maxBodyBytes, taking == Taking.Lines);
  }

  /** An answer is waited for: what is held must stay. */
  get isWaiting(): bool {
    return this.exam !== null;
  }

  /** Some of what came has not gone out, and may change. */
  get holds(): bool {
    return this.held.length > 0;
  }

  /** What came. @param isLast nothing follows */
  feed(chunk: Slice, isLast: bool): void {
    if (this.isOver || this.hasEnded) return;
    const before = this.held.end;
    const incoming = this.incoming;
    this.held.append(chunk);
    incoming.feed(chunk);
    while (incoming.next()) this.hold(before);
    if (isLast) {
      this.hasEnded = true;
      this.endsAlone =
        chunk.isEmpty && this.config.asksEmpty && this.config.trigger == Trigger.Events;
      if (incoming.finish()) this.hold(before);
      this.finishTracks();
    }
    const exam = this.exam;
    if (exam !== null && this.isFlooded) this.abandon(exam);
    this.judge();
  }

  take(response: HttpCallResponse): void {
    const exam = this.exam;
    if (exam === null) return;
    this.exam = null;
    this.settle(exam, exam.take(response));
    this.judge();
  }

  /** Time goes by. @returns true: a window was due, which nothing else showed */
  tick(): bool {
    if (!this.canGoOn || this.settled == 0) this.ticks = 0;
    else if (++this.ticks >= this.config.flushTicks) this.isLate = true;
    if (!this.isLate) return false;
    this.judge();
    this.isLate = false;
    return true;
  }

  /** Something may go out. */
  get isReady(): bool {
    return this.out.length > 0;
  }

  /** What may go out now; until more is fed. */
  release(): Slice {
    const bytes = this.out.view();
    this.out.clear();
    return bytes;
  }

  /** The present event. @param before where the chunk begins in the stream */
  private hold(before: i32): void {
    const incoming = this.incoming;
    const count = this.events.length;
    const start = count > 0 ? this.events[count - 1].end : this.held.start;
    const held = new HeldEvent(start, before + incoming.end, before + incoming.start);
    const alike = incoming.alike;
    if (alike === null) this.read(held);
    else this.say(held, alike);
    this.events.push(held);
  }

  private read(held: HeldEvent): void {
    const event = this.incoming.event;
    if (this.ending === null) {
      this.ending = this.config.refusal.follow(event, this.examiner.client);
    }
    held.isAlike = false;
    const said = this.incoming.read();
    held.asked = said.asked;
    held.messageId = said.messageId;
    held.joined = said.joined;
    for (let i = 0; i < said.list.length; i++) this.say(held, said.list[i]);
    if (isLastWord(event, said.root)) this.finishTracks();
  }

  private say(held: HeldEvent, piece: EventText): void {
    const text = this.tracks.add(piece);
    if (!this.isHeard && this.asksNobody) this.examiner.ledger.metrics.checked.increment();
    this.isHeard = true;
    held.add(text);
    if (!text.isRepeat) held.runes += runesIn(piece.text);
  }

  private finishTracks(): void {
    this.tracks.finish();
    this.isSpoken = true;
  }

  /** Judges what can be judged, until an answer is waited for. */
  private judge(): void {
    // While an answer is waited for its window stays: an event is as unreadable behind it.
    if (this.canGoOn && this.incoming.hasDropped && this.config.deniesUnreadable) {
      return this.refuse(null);
    }
    this.settleLocally();
    while (this.canGoOn && this.isDue) this.judgeWindow();
    if (!this.canGoOn) return;
    const refused = this.tracks.refusal;
    if (refused !== null) this.refuse(refused);
    else if (this.hasEnded) this.end();
    else if (this.events.length == 0 && this.isNoEvent) this.letHeldGo();
  }

  /** Blank lines, or what is held belongs to no event that says something, or that is known. */
  private get isNoEvent(): bool {
    if (this.incoming.isBetweenEvents || this.incoming.isDropping) return true;
    return this.taking == Taking.Search && !mayHaveData(this.held.view(), this.held.isAtLineStart);
  }

  private get canGoOn(): bool {
    return this.exam === null && !this.isOver;
  }

  private judgeWindow(): void {
    const text = this.openWindow();
    if (text === null) return this.letGo();
    if (this.context.isTooLong(text)) return this.giveUp();
    const masking = text === EMPTY_CONTENT ? Masking.Pass : this.config.masking.of(Phase.Response);
    const exam = new Exam(this.examiner, Phase.Response, text, masking);
    exam.isWindow = true;
    exam.isPlaceholder = text === EMPTY_CONTENT;
    this.context.tell(exam, text);
    this.askedAt = this.held.end;
    this.examiner.ledger.metrics.checked.increment();
    this.settle(exam, exam.proceed());
  }

  /** What the back ends cannot judge passes, or ends the stream; the local rules go on. */
  private giveUp(): void {
    this.isTooLong = true;
    if (this.config.failsClosed || this.config.deniesUnreadable) this.refuse(null);
    else this.letGo();
  }

  /** More than may wait has come since a judge was asked. */
  private get isFlooded(): bool {
    return <i64>(this.held.end - this.askedAt) > this.config.maxBodyBytes;
  }

  /** The judge is not waited for any longer. */
  private abandon(exam: Exam): void {
    this.exam = null;
    exam.abandon();
    this.hasFailed = true;
    this.examiner.ledger.streamFailed();
    this.giveUp();
  }

  private get asksNobody(): bool {
    return this.isTooLong || this.examiner.backends.length == 0;
  }

  private settleLocally(): void {
    if (this.isFull) this.tracks.finish(); // a text that so much follows has ended
    while (this.settled < this.events.length && this.tracks.settles(this.events[this.settled])) {
      this.settledRunes += this.events[this.settled++].runes;
    }
  }

  private get isDue(): bool {
    if (this.settled == 0) return this.endsAlone && this.events.length == 0;
    if (this.hasEnded || this.asksNobody || this.isFull || this.isLate) return true;
    const limit = this.config.bufferLimit;
    const trigger = this.config.trigger;
    if (trigger == Trigger.Events) return this.settled >= limit;
    if (this.isSpoken || this.settledRunes >= limit) return true;
    return trigger == Trigger.Auto && this.settled >= limit;
  }

  /** Events without text make no window due, and may be many. */
  private get isFull(): bool {
    return <i64>this.held.length > this.config.maxBodyBytes;
  }

  /** Takes events until their text is long enough. @returns null: nobody has to judge them */
  private openWindow(): Slice | null {
    this.window = 0;
    this.endsAlone = false;
    if (this.asksNobody) {
      this.window = this.settled;
      return null;
    }
    const texts = this.windowTexts;
    texts.clear();
    let runes = 0;
    while (this.window < this.settled) {
      const event = this.events[this.window];
      if (runes >= this.config.bufferLimit && !event.isCut) break;
      this.window++;
      const asked = event.asked;
      if (asked !== null) return asked;
      texts.add(event);
      runes += event.runes;
    }
    const text = texts.join();
    if (!text.isEmpty) return text;
    return this.config.asksEmpty ? EMPTY_CONTENT : null;
  }

  private settle(exam: Exam, outcome: Outcome): void {
    const ledger = this.examiner.ledger;
    switch (outcome) {
      case Outcome.Pending:
        this.exam = exam;
        return;
      case Outcome.Denied:
        return this.refuse(exam.judgement);
      case Outcome.Failed:
        this.hasFailed = true;
        ledger.streamFailed();
        if (this.config.failsClosed) return this.refuse(null);
        break;
      default:
        ledger.eventsPassed();
    }
    const isChanged = exam.isMasked && this.windowTexts.mask(exam.text, this.examiner.memory);
    if (isChanged) this.isMasked = true;
    this.letGo();
  }

  /** The window goes out. */
  private letGo(): void {
    if (this.window == 0) return;
    const held = this.held;
    for (let i = 0; i < this.window; i++) {
      const event = this.events[i];
      const bytes = held.between(event.start, event.end);
      const rewritten = event.rewritten(bytes);
      if (rewritten === null) return this.refuse(null);
      this.settledRunes -= event.runes;
      this.out.append(rewritten);
      const ending = this.ending;
      if (ending !== null && !event.isAlike) ending.pass(bytes);
    }
    held.drop(this.events[this.window - 1].end);
    this.ticks = 0;
    dropFirst(this.events, this.window);
    this.settled -= this.window;
    this.window = 0;
  }

  /** All is judged, and the stream has ended. */
  private end(): void {
    this.letHeldGo();
    this.leave();
  }

  /** Nothing more goes out: what was judged is written down, unless it is. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    const ledger = this.examiner.ledger;
    if (this.tracks.note()) this.isMasked = true;
    if (this.isMasked) ledger.metrics.countMasked(Phase.Response);
    if (this.exam !== null) return ledger.left(Phase.Response);
    ledger.streamPassed(this.isMasked, this.hasFailed);
  }

  private letHeldGo(): void {
    const held = this.held;
    if (held.length == 0) return;
    this.out.append(held.view());
    held.clear();
    if (this.taking == Taking.Search && held.isAtLineStart) this.incoming.restart();
  }

  private refuse(judgement: Judgement | null): void {
    const examiner = this.examiner;
    this.tracks.note();
    if (judgement === null) examiner.ledger.unreadable();
    examiner.ledger.streamDenied(judgement);
    const cause = max(0, this.window - 1);
    if (cause < this.events.length) examiner.client.messageId = this.events[cause].messageId;
    const denial = new Denial(judgement, examiner.thresholds, examiner.client, true);
    const ending = this.ending;
    this.out.append(ending === null ? this.config.refusal.events(denial) : ending.events(denial));
    this.isOver = true;
    this.held.clear();
    this.events.length = 0;
  }
}
