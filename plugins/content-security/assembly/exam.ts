import { Builder, decimal, encodeHex, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { HttpCallResponse, LogLevel, randomBytes, Status } from "proxy-wasm-as";
import { AuditEvent } from "./audit";
import { differences } from "./differences";
import { Image } from "./image";
import { Backend, Phase, Question } from "./judge/backend";
import { Documents } from "./judge/documents";
import { Judgement } from "./judge/judgement";
import { Thresholds } from "./judge/thresholds";
import { Verdict } from "./judge/verdict";
import { Ledger } from "./ledger";
import { Memory } from "./local/memory";
import { Masking } from "./masking";
import { Client } from "./refusal/client";
import { lastRunes, runesIn } from "./runes";

/** What stands of an examination. */
export const enum Outcome {
  /** An answer is waited for. */
  Pending,
  Passed,
  /** Passed, but for what `text` has no more. */
  Masked,
  Denied,
  /** Some judge could not be asked or understood, and no other one denied. */
  Failed,
}

const SESSION_BYTES: i32 = 10;
const SECRET_BYTES: i32 = 16;
/** Of the VM: no bytes until it is needed, and where the host has none. */
let ownSecret: Slice = NO_BYTES;

/** Who asks: what an examination needs of its stream. */
@final
export class Examiner {
  /** The name of a cloud service for this consumer; null: the configured one. */
  service: Slice | null = null;
  /** The same for images. */
  imageService: Slice | null = null;
  /** What the user asked, for judges of answers. */
  prompt: Slice = NO_BYTES;
  /** What the local rules have masked in the request. */
  readonly memory: Memory = new Memory(secret());
  readonly client: Client = new Client();

  constructor(
    readonly streamId: u32,
    readonly backends: Backend[],
    readonly thresholds: Thresholds,
    readonly ledger: Ledger,
    readonly log: PluginLog,
  ) {}
}

/**
 * Has one text, or one image, judged by the back ends of a configuration, one after another, each part by part:
 *
 *   proceed ─► ask part 1 of judge 1 ─► take ─► part 2 … ─► judge 2 … ─► Passed, Masked
 *                                        ├─ denies ────────────────────► Denied
 *                                        └─ no answer: the next judge … ► Failed
 *
 * The first that denies decides. A judge sees what those before it have masked.
 */
@final
export class Exam {
  /** What denies. */
  judgement: Judgement | null = null;
  /** Something was taken out of the text, whatever became of the rest of it. */
  isMasked: bool = false;
  /** Joins what a service is asked one after the other; no bytes: a new one, when one is asked. */
  sessionId: Slice = NO_BYTES;
  /** Number of the judge that is asked. */
  private judge: i32 = 0;
  /** Where its next part begins. */
  private from: i32 = 0;
  /** Where the part it is asked about ends. */
  private to: i32 = 0;
  private hasFailed: bool = false;
  private question: Question | null = null;
  private event: AuditEvent | null = null;
  /** What a stream said before `text`, for judges that want it all; memory of its own. */
  before: Slice = NO_BYTES;
  /** What stands before the first part once more, for the other judges; memory of its own. */
  context: Slice = NO_BYTES;
  /** Most characters of what stands before a part of a window. */
  contextChars: i32 = 0;
  /** The text stands for none: only who asks about such texts is asked. */
  isPlaceholder: bool = false;
  /** It is a window of a stream, which `Backend.maxBytes` does not cut (content-security.md 3.5). */
  isWindow: bool = false;
  /** What of the text tools gave. */
  documents: Documents = new Documents();

  /** @param text memory of its own */
  constructor(
    private readonly examiner: Examiner,
    private readonly phase: Phase,
    /** As the judges want it. */
    public text: Slice,
    private readonly masking: Masking,
    /** What the text is, when it is an image; null: it is a text. */
    private readonly image: Image | null = null,
  ) {}

  /** Asks until an answer is waited for, or all is said. */
  proceed(): Outcome {
    const backends = this.examiner.backends;
    for (; this.judge < backends.length; this.nextJudge()) {
      const backend = backends[this.judge];
      const question = this.nextQuestion(backend);
      if (!backend.judges(question)) continue;
      const isEmpty = this.isPlaceholder || question.isEmpty;
      if (isEmpty && !backend.submitsEmpty) continue;
      if (this.ask(backend, question)) return Outcome.Pending;
      this.fail(NO_BYTES);
    }
    if (this.hasFailed) return Outcome.Failed;
    return this.isMasked ? Outcome.Masked : Outcome.Passed;
  }

  /** The answer has come. */
  take(response: HttpCallResponse): Outcome {
    const question = this.question;
    const event = this.event;
    if (question === null || event === null) return Outcome.Pending;
    this.question = null;
    const backend = this.examiner.backends[this.judge];
    const judgement = response.status == 200 ? backend.read(question, response) : null;
    if (judgement === null) {
      this.examiner.log.warn("a judge's answer was of no use: status " + decimal(response.status));
      this.fail(backend.requestIdOf(response.body()));
      this.nextJudge();
      return this.proceed();
    }
    const verdict = this.apply(this.verdictOf(backend, judgement), question, judgement);
    event.close(resultOf(verdict), judgement.requestId);
    this.tell(question, judgement, event.result);
    if (verdict == Verdict.Deny) {
      this.judgement = judgement;
      return Outcome.Denied;
    }
    this.from = this.to;
    if (this.from >= this.text.length) this.nextJudge();
    return this.proceed();
  }

  /** Never a text, and no word of one (content-security.md 6, no. 9). */
  private tell(question: Question, judgement: Judgement, result: string): void {
    const log = this.examiner.log;
    if (!log.wants(LogLevel.Info)) return;
    let line = result + ": " + decimal(question.text.length) + " bytes";
    for (let i = 0; i < judgement.findings.length; i++) {
      const finding = judgement.findings[i];
      line += ", " + finding.type.toString() + " " + finding.level.toString();
    }
    if (!judgement.requestId.isEmpty) line += ", id " + judgement.requestId.toString();
    log.info(line);
  }

  /** What was masked has no place where the text stands: the last call counts as a refusal. */
  refuse(): void {
    const event = this.event;
    if (event !== null) event.result = "deny";
  }

  private verdictOf(backend: Backend, judgement: Judgement): Verdict {
    const verdict = backend.verdict(judgement, this.examiner.thresholds);
    if (verdict != Verdict.Mask || this.masking == Masking.Apply) return verdict;
    return this.masking == Masking.Deny ? Verdict.Deny : Verdict.Pass;
  }

  private nextJudge(): void {
    this.judge++;
    this.from = 0;
  }

  /** About the next part of the text. */
  private nextQuestion(backend: Backend): Question {
    const image = this.image;
    return image === null ? this.nextPart(backend) : this.aboutImage(image);
  }

  private aboutImage(image: Image): Question {
    this.to = this.text.length;
    const question = new Question(this.phase, image.text, this.session());
    question.isImage = true;
    question.isBase64 = image.isBase64;
    question.service = this.examiner.imageService;
    return question;
  }

  private nextPart(backend: Backend): Question {
    const examiner = this.examiner;
    const context = backend.isCumulative ? NO_BYTES : this.contextOf(backend);
    const maxBytes = this.isWindow ? i32.MAX_VALUE : backend.maxBytes;
    this.to = partEnd(this.text, this.from, maxBytes, backend.maxChars - runesIn(context));
    const parts: Slice[] = [];
    if (backend.takesParts && !this.isWindow) this.addRest(parts, backend.maxChars);
    const part = this.text.sub(this.from, this.to);
    const documents: Slice[] = [];
    let text = part;
    if (backend.isCumulative) text = this.allSaid(part, backend.maxChars);
    else if (!context.isEmpty) text = joined(context, part);
    if (backend.wantsDocuments) {
      text = this.documents.split(this.text, this.from, this.to, documents);
    }
    const question = new Question(this.phase, text, this.session());
    question.documents = documents;
    question.parts = parts;
    question.prompt = examiner.prompt;
    question.service = examiner.service;
    return question;
  }

  /** All parts of a text are asked about at once. */
  private addRest(parts: Slice[], maxChars: i32): void {
    while (this.to < this.text.length) {
      parts.push(this.text.sub(this.from, this.to));
      this.from = this.to;
      this.to = partEnd(this.text, this.from, i32.MAX_VALUE, maxChars);
    }
    if (parts.length > 0) parts.push(this.text.sub(this.from));
    this.from = 0;
  }

  /** What stands before the part of a window once more: at most half of what may be asked about. */
  private contextOf(backend: Backend): Slice {
    const most = min(this.contextChars, backend.maxChars >> 1);
    if (most == 0 || this.isPlaceholder) return NO_BYTES;
    return lastRunes(this.from == 0 ? this.context : this.text.sub(0, this.from), most);
  }

  private session(): Slice {
    if (this.sessionId.isEmpty) this.sessionId = newSessionId();
    return this.sessionId;
  }

  /** A part with what was said before it, the oldest left out. */
  private allSaid(part: Slice, maxChars: i32): Slice {
    if (this.before.isEmpty) return part;
    const all = new Builder(this.before.length + this.to);
    all.append(this.before).append(this.text.sub(0, this.to));
    return lastRunes(all.toSlice(), maxChars);
  }

  private ask(backend: Backend, question: Question): bool {
    const examiner = this.examiner;
    this.question = question;
    this.event = examiner.ledger.open(this.phase, this.image !== null);
    return backend.client.send(examiner.streamId, this.phase, backend.ask(question)) == Status.Ok;
  }

  /** The answer is not waited for. */
  abandon(): void {
    this.fail(NO_BYTES);
  }

  /** @param requestId of the call that came to nothing */
  private fail(requestId: Slice): void {
    const event = this.event;
    if (event !== null) event.close("error", requestId);
    this.question = null;
    this.hasFailed = true;
    this.examiner.ledger.metrics.failed.increment();
  }

  /** Masks what is to be masked; of what nothing is left is refused. */
  private apply(verdict: Verdict, question: Question, judgement: Judgement): Verdict {
    if (verdict != Verdict.Mask) return verdict;
    const masked = judgement.masked;
    judgement.isFailedMask = masked === null || masked.isEmpty;
    if (masked === null || masked.isEmpty) return Verdict.Deny;
    this.mask(question, masked);
    return verdict;
  }

  private mask(question: Question, answer: Slice): void {
    const text = this.text;
    const masked = withoutContext(question.text, answer, text.sub(this.from, this.to));
    const out = new Builder(text.length + masked.length);
    out.append(text.sub(0, this.from)).append(masked);
    const end = out.length;
    this.documents.replace(this.from, this.to, masked.length);
    this.text = out.append(text.sub(this.to)).toSlice();
    this.to = end;
    this.isMasked = true;
  }
}

function joined(before: Slice, text: Slice): Slice {
  return new Builder(before.length + text.length).append(before).append(text).toSlice();
}

function resultOf(verdict: Verdict): string {
  if (verdict == Verdict.Pass) return "pass";
  return verdict == Verdict.Mask ? "mask" : "deny";
}

/** What takes the place of the part, of an answer to a question that ended with it. */
function withoutContext(question: Slice, answer: Slice, part: Slice): Slice {
  const before = question.length - part.length;
  if (before == 0) return answer;
  const changed = differences(question, answer).rewrite(part, before);
  return changed === null ? part : changed;
}

/** Not in the middle of a character. */
function partEnd(text: Slice, from: i32, mostBytes: i32, mostChars: i32): i32 {
  let chars = max(1, mostChars);
  let end = from;
  for (let at = from; at <= text.length; at++) {
    if (at < text.length && (text.at(at) & 0xc0) == 0x80) continue;
    if (at - from > mostBytes && end > from) return end;
    end = at;
    if (chars-- == 0) return end;
  }
  return end;
}

export function newSessionId(): Slice {
  return encodeHex(random(SESSION_BYTES));
}

function secret(): Slice {
  if (ownSecret.isEmpty) ownSecret = random(SECRET_BYTES);
  return ownSecret;
}

function random(length: i32): Slice {
  const bytes = randomBytes(length);
  return bytes === null ? NO_BYTES : bytes;
}
