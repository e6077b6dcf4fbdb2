import { bytes, lowerCase, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { isUnreadable } from "@ai-gateway-wasm/kit";
import { AI_LOG } from "@ai-gateway-wasm/kit/attributes";
import { getProperty, responseHeaders, wallClockNs } from "proxy-wasm-as";
import { Answer } from "./answer/answer";
import { JsonAnswer } from "./answer/json-answer";
import { StreamAnswer } from "./answer/stream-answer";
import { CacheConfig } from "./config/config";
import { Lookup } from "./lookup/lookup";
import { Metrics } from "./metrics";
import { Storing } from "./store/storing";
import { CONTENT_TYPE, FALLBACK_FROM, STATUS } from "./names";
import { CacheRoot } from "./plugin";

/** `request deny`, spelled `reqeust deny` by the peer, or `response deny`. */
const SAFETY_STATUS: Slice = bytes("safecheck_status");
const DENY: Slice = bytes(" deny");
/** Bytes of the name and its value: as JSON in a JSON string. */
const LONGEST_STATUS: i32 = 40;
const JSON: Slice = bytes("json");
const TEXT: Slice = bytes("text");
const EVENT_STREAM: Slice = bytes("text/event-stream");

/** The model's answer to a question nobody had asked, on its way into the cache. */
@final
export class Recording {
  private answer: Answer | null = null;

  constructor(
    private readonly config: CacheConfig,
    private readonly lookup: Lookup,
    /** For what is to be done when the stream is gone. */
    private readonly root: CacheRoot,
    private readonly metrics: Metrics,
    private readonly wantsStream: bool,
  ) {}

  /** The answer begins, its headers are loaded. @returns false: it is not stored, whatever comes */
  open(isStream: bool, endOfStream: bool): bool {
    const reason = this.reasonAgainst(endOfStream);
    if (reason.length > 0) return this.drop(reason);
    const type = responseHeaders.get(CONTENT_TYPE);
    const hasType = type !== null;
    // A stream was asked for: another type is an error of some kind, none at all may be a stream.
    if (this.wantsStream && !isStream && hasType) return this.drop("type");
    if (type !== null && !isTextual(lowerCase(type))) return this.drop("type");
    const isEvents = this.wantsStream || isStream;
    this.answer = isEvents ? new StreamAnswer(this.config) : new JsonAnswer(this.config);
    return true;
  }

  /** @returns false: it is not stored, whatever comes */
  feed(chunk: Slice): bool {
    const answer = this.answer;
    if (answer === null) return false;
    answer.feed(chunk);
    return answer.isRefused ? this.drop(answer.reason) : true;
  }

  /** The answer is complete. */
  close(): void {
    const answer = this.answer;
    if (answer === null) return this.abandon();
    const nowMs = <i64>(wallClockNs() / 1000000);
    const value = answer.finish(nowMs / 1000);
    if (value === null || isDenied()) {
      this.drop(value === null ? answer.reason : "denied");
      return;
    }
    const lookup = this.lookup;
    const calls = this.root.calls;
    const uploads = this.root.uploads;
    const store = this.config.store;
    const semantic = this.config.semantic;
    const storing = new Storing(this.metrics, lookup.handOver());
    if (store !== null) store.put(calls, lookup.key, value, nowMs, nowMs, storing);
    if (semantic !== null && !lookup.vector.isEmpty) {
      const tag = uploads.add(storing);
      const isSent = semantic.upload(calls.owner, tag, lookup.key, lookup.vector, answer.text);
      if (!isSent) uploads.take(tag);
    }
  }

  /** The answer broke off. */
  abandon(): void {
    this.drop("incomplete");
  }

  private drop(reason: string): bool {
    this.metrics.skipped(reason);
    this.lookup.release();
    return false;
  }

  private reasonAgainst(endOfStream: bool): string {
    if (!this.allowsStatus()) return "status";
    if (endOfStream) return "blank";
    if (responseHeaders.get(FALLBACK_FROM) !== null) return "fallback";
    return isUnreadable(responseHeaders) ? "encoding" : "";
  }

  private allowsStatus(): bool {
    const allowed = this.config.statuses;
    const text = responseHeaders.get(STATUS);
    if (allowed.length == 0 || text === null) return true;
    const status = parseInteger(text);
    for (let i = 0; i < allowed.length; i++) {
      if (<i64>allowed[i] == status) return true;
    }
    return false;
  }
}

/** No picture, no archive: those are not even kept for a look at them. */
function isTextual(type: Slice): bool {
  return type.find(JSON) >= 0 || type.find(TEXT) >= 0;
}

/** Loads the running response's headers: whether they say that it is a stream of events. */
export function isEventStream(): bool {
  responseHeaders.load();
  const type = responseHeaders.get(CONTENT_TYPE);
  return type !== null && lowerCase(type).find(EVENT_STREAM) >= 0;
}

/**
 * A filter for content safety refused the request or the answer, and what comes is its refusal: a
 * completion like any other. Ours and the peer's say so in `ai_log` before (content-security.md 4.7).
 */
function isDenied(): bool {
  const attributes = getProperty(AI_LOG);
  if (attributes === null) return false;
  let at = attributes.find(SAFETY_STATUS);
  for (; at >= 0; at = attributes.find(SAFETY_STATUS, at + 1)) {
    if (attributes.sub(at, at + LONGEST_STATUS).find(DENY) >= 0) return true;
  }
  return false;
}
