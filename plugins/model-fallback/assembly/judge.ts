import { JsonValue, parseJson, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, parseInteger, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { dataOf, SseFields, SseReader } from "@ai-gateway-wasm/sse";
import { Errors } from "./errors";

export const DONE: Slice = bytes("[DONE]");
const ERROR: Slice = bytes("error");
const OBJECT: Slice = bytes("object");
const EVENT: Slice = bytes("event");
const HTTP_STATUS: Slice = bytes(":HTTP_STATUS/");

const END_MARKERS: string[] = ["append-error", "none"];

/** `stream`: how the beginning and the end of answers are watched. */
@final
export class StreamOptions {
  readonly holdsFirstEvent: bool;
  readonly holdMaxBytes: i32;
  /** Also answers that are no stream are looked at. */
  readonly judgesJson: bool;
  /** A stream that ends too early says so to the client. */
  readonly marksEnd: bool;

  constructor(stream: ConfigReader) {
    this.holdsFirstEvent = stream.flag("holdFirstEvent", true);
    this.holdMaxBytes = <i32>stream.integer("holdMaxBytes", 65536, 1, 104857600);
    this.judgesJson = stream.flag("errorIn200", true);
    this.marksEnd = stream.choice("endMarker", END_MARKERS, 0) == 0;
  }
}

/** What the beginning of an answer says about the rest. */
export const enum Verdict {
  /** Not enough came yet. */
  Open,
  Good,
  Bad,
}

/**
 * Judges the beginning of a successful answer (model-fallback.md 3.3): a stream by its first event
 * with data, anything else by its first JSON value, as far as it is held.
 *
 *   : ping␊␊ data: {"choices":[…]}␊␊         data: {"error":{…}}␊␊      {"error":{…}}
 *   └ open ┘ └ good ──────────────┘         └ bad ────────────┘      └ bad ─────┘
 */
@final
export class StartJudge {
  /** Null: it is no stream. */
  private readonly events: SseReader | null;
  private verdict: Verdict = Verdict.Open;
  /** Bytes that were looked at. */
  private seen: i32 = 0;
  /** An error, and not enough of it came to say that it is no refusal. */
  private isDoubtful: bool = false;

  constructor(
    isStream: bool,
    private readonly options: StreamOptions,
    private readonly errors: Errors,
  ) {
    // One event may be longer than what is held: it is released then, not dropped.
    this.events = isStream ? new SseReader(options.holdMaxBytes) : null;
  }

  /** Takes the answer as it is held now, from its first byte on. */
  look(held: Slice): Verdict {
    if (this.verdict != Verdict.Open || held.length <= this.seen) return this.verdict;
    const events = this.events;
    if (events !== null) {
      const fresh = held.sub(this.seen);
      this.seen = held.length;
      events.feed(fresh);
      while (this.verdict == Verdict.Open && events.next()) {
        this.verdict = this.judgeEvent(events.event);
      }
    } else if (this.seen == 0 || held.length >= this.seen * 2 || mayEnd(held)) {
      this.seen = held.length;
      this.judgeDocument(held);
    }
    if (this.verdict == Verdict.Open && held.length >= this.options.holdMaxBytes) {
      this.verdict = this.isDoubtful ? Verdict.Bad : Verdict.Good;
    }
    return this.verdict;
  }

  /** The answer is over. A stream without any event was none; an empty document may be right. */
  end(): Verdict {
    if (this.verdict != Verdict.Open) return this.verdict;
    const events = this.events;
    if (events === null) return this.isDoubtful ? Verdict.Bad : Verdict.Good;
    const verdict = events.finish() ? this.judgeEvent(events.event) : Verdict.Open;
    this.verdict = verdict == Verdict.Good ? Verdict.Good : Verdict.Bad;
    return this.verdict;
  }

  private judgeEvent(event: Slice): Verdict {
    const data = dataOf(event);
    const payload = data === null ? NO_BYTES : trim(data);
    const verdict = judgePayload(event, payload);
    return verdict == Verdict.Bad && this.isFinal(payload) ? Verdict.Good : verdict;
  }

  /** A document that is no stream: bad only when it says that it is an error. */
  private judgeDocument(held: Slice): void {
    const document = readJson(held);
    if (document === null) {
      if (!isBlank(held)) this.verdict = Verdict.Good;
    } else if (isError(document)) {
      this.isDoubtful = true;
      if (this.isFinal(held)) this.verdict = Verdict.Good;
      else if (document.isComplete) this.verdict = Verdict.Bad;
    } else if (document.isComplete || !document.isObject) {
      this.verdict = Verdict.Good;
    }
  }

  /** A refusal, which no other target is to be asked about. */
  private isFinal(payload: Slice): bool {
    return this.errors.isRefusal(200, payload);
  }
}

/** One event and its data; open: it says nothing, such as a comment. */
function judgePayload(event: Slice, payload: Slice): Verdict {
  if (isDashScopeError(event)) return Verdict.Bad;
  if (payload.isEmpty) return Verdict.Open;
  if (payload.equals(DONE)) return Verdict.Bad; // no choice came before it
  const document = parseJson(payload);
  if (document === null) return Verdict.Bad;
  return isError(document) ? Verdict.Bad : Verdict.Good;
}

/**
 * DashScope's own streams say it in front of the data:
 *
 *   event:error␊ :HTTP_STATUS/400␊ data:{"code":"InvalidParameter",…}␊␊
 */
function isDashScopeError(event: Slice): bool {
  const fields = new SseFields(event);
  while (fields.next()) {
    if (fields.nameIs(EVENT) && trim(fields.value).equals(ERROR)) return true;
  }
  const at = event.find(HTTP_STATUS);
  if (at < 0 || (at > 0 && event.at(at - 1) != 0x0a && event.at(at - 1) != 0x0d)) return false;
  return parseInteger(event.sub(at + HTTP_STATUS.length, at + HTTP_STATUS.length + 3)) >= 400;
}

/** A document that grows by the byte is not read anew for each of them. */
function mayEnd(held: Slice): bool {
  const last = held.at(held.length - 1);
  return last == 0x7d || last == 0x0a;
}

function isBlank(text: Slice): bool {
  return trim(text).isEmpty;
}

/** A top-level `error` that says something, or `"object":"error"`. */
function isError(document: JsonValue): bool {
  if (!document.isObject) return false;
  const members = document.entries();
  while (members.next()) {
    if (members.keyIs(ERROR)) {
      const value = members.value;
      if (value.isObject || (value.isString && !stringOf(value).isEmpty)) return true;
    } else if (members.keyIs(OBJECT) && members.value.isString) {
      if (stringOf(members.value).equals(ERROR)) return true;
    }
  }
  return false;
}
