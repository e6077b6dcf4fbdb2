import { findJson, JsonPath, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf, SseReader } from "@ai-gateway-wasm/sse";
import { HttpCallResponse } from "proxy-wasm-as";
import { SecurityConfig } from "./config";
import { Exam, Examiner, Outcome } from "./exam";
import { Phase } from "./judge/backend";
import { Refusal } from "./refusal";
import { runesIn } from "./texts";

/** An event that waits for its verdict. */
@final
class HeldEvent {
  constructor(
    /** Bytes of the stream up to behind it. */
    readonly end: i32,
    readonly text: Slice,
    readonly runes: i32,
  ) {}
}

/**
 * Lets a stream of events through as its text is judged, in windows (content-security.md 3.5):
 *
 *   feed ─► events wait ─► enough text, or the end ─► exam ─► passed: their bytes go out as they came
 *                                                       └──► denied: a refusal goes out, and no more
 */
@final
export class StreamGate {
  private readonly reader: SseReader = new SseReader();
  /** What came and has not gone out. */
  private held: Builder = new Builder(0);
  private readonly events: HeldEvent[] = [];
  private waitingRunes: i32 = 0;
  /** Bytes of the stream before those that are held. */
  private gone: i32 = 0;
  /** Of the stream: what goes out with the running window. */
  private windowEnd: i32 = 0;
  private readonly out: Builder = new Builder(0);
  private exam: Exam | null = null;
  private hasEnded: bool = false;
  /** A refusal went out: what comes is swallowed. */
  private isRefused: bool = false;

  constructor(
    private readonly config: SecurityConfig,
    private readonly examiner: Examiner,
    consumer: Slice,
  ) {
    examiner.service = config.consumers.serviceOf(consumer, Phase.Response);
  }

  /** An answer is waited for: what is held must stay. */
  get isWaiting(): bool {
    return this.exam !== null;
  }

  /** What came. @param isLast nothing follows */
  feed(chunk: Slice, isLast: bool): void {
    if (isLast) this.hasEnded = true;
    if (this.isRefused) return;
    const before = this.gone + this.held.length;
    this.held.append(chunk);
    this.reader.feed(chunk);
    while (this.reader.next()) this.hold(this.reader.event, before + this.reader.consumed);
    if (isLast && this.reader.finish()) this.hold(this.reader.event, before + chunk.length);
    this.judge();
  }

  take(response: HttpCallResponse): void {
    const exam = this.exam;
    if (exam === null) return;
    this.exam = null;
    this.settle(exam, exam.take(response));
    this.judge();
  }

  /** What may go out now; memory of its own. */
  release(): Slice {
    if (this.out.length == 0) return NO_BYTES;
    const bytes = this.out.toSlice();
    this.out.clear();
    return bytes;
  }

  private hold(event: Slice, end: i32): void {
    const text = this.textOf(event);
    const runes = runesIn(text);
    this.waitingRunes += runes;
    this.events.push(new HeldEvent(end, text.kept(), runes));
  }

  /** Judges window after window until an answer is waited for. */
  private judge(): void {
    while (this.exam === null && !this.isRefused && this.isDue) {
      const text = this.popWindow();
      if (text.isEmpty) {
        this.letGo();
        continue;
      }
      const exam = new Exam(this.examiner, Phase.Response, text);
      this.examiner.metrics.checked.increment();
      this.settle(exam, exam.proceed());
    }
    if (this.hasEnded && this.exam === null && !this.isRefused) this.letGoAll();
  }

  private get isDue(): bool {
    const count = this.events.length;
    if (count == 0) return false;
    const limit = this.config.bufferLimit;
    return this.hasEnded || count >= limit || this.waitingRunes >= limit;
  }

  /** Takes events until their text is long enough. Memory of its own. */
  private popWindow(): Slice {
    const text = new Builder(256);
    let runes = 0;
    let taken = 0;
    while (taken < this.events.length && runes < this.config.bufferLimit) {
      const event = this.events[taken++];
      text.append(event.text);
      runes += event.runes;
      this.windowEnd = event.end;
    }
    this.events.splice(0, taken);
    this.waitingRunes -= runes;
    return text.toSlice();
  }

  private settle(exam: Exam, outcome: Outcome): void {
    const examiner = this.examiner;
    switch (outcome) {
      case Outcome.Pending:
        this.exam = exam;
        return;
      case Outcome.Denied:
        return this.refuse(exam);
      case Outcome.Failed:
        examiner.audit.settle(Phase.Response, "response error");
        if (this.config.failsClosed) return this.refuse(exam);
        break;
      default:
        examiner.audit.write();
    }
    this.letGo();
  }

  /** The window's bytes go out. */
  private letGo(): void {
    const size = this.windowEnd - this.gone;
    const held = this.held.view();
    this.out.append(held.sub(0, size));
    const rest = new Builder(held.length - size).append(held.sub(size));
    this.held = rest;
    this.gone = this.windowEnd;
  }

  private letGoAll(): void {
    this.windowEnd = this.gone + this.held.length;
    this.letGo();
  }

  private refuse(exam: Exam): void {
    const examiner = this.examiner;
    const judgement = exam.judgement;
    examiner.metrics.responseDenied.increment();
    examiner.audit.settle(Phase.Response, "response deny", judgement);
    this.out.append(new Refusal(this.config.deny, judgement, examiner.thresholds, true).events());
    this.isRefused = true;
    this.held = new Builder(0);
    this.events.splice(0, this.events.length);
  }

  /** The text of an event: what the first path finds in its data. */
  private textOf(event: Slice): Slice {
    const data = dataOf(event);
    if (data === null) return NO_BYTES;
    const root = findJson(data);
    if (root === null) return NO_BYTES;
    const paths: JsonPath[] = this.config.streamPaths;
    for (let i = 0; i < paths.length; i++) {
      const text = textOf(paths[i].read(root));
      if (!text.isEmpty) return text;
    }
    return NO_BYTES;
  }
}
