import { escape, JsonValue, JsonWriter, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { fingerprint } from "@ai-gateway-wasm/kit";
import { AI_LOG } from "@ai-gateway-wasm/kit/attributes";
import { getProperty, setProperty, wallClockNs } from "proxy-wasm-as";
import { Answer } from "./answer";
import { Builtin } from "./attribute";
import { Tally } from "./counting";
import { cut, MOST_REASON } from "./cut";
import { DialogConfig } from "./dialog-config";
import { Caller, header } from "./facts";
import { mask } from "./mask";
import { REQUEST_ID_HEADER, SESSION_ID, TRACE_HEADER } from "./names";
import { COMPLETE, whoAnswered } from "./outcome";
import { Question, USER } from "./question";
import { RequestReader } from "./request";
import { CACHED_TOKENS } from "./usage";

const PROPERTY: Slice = bytes("ai_dialog");
const DENY: Slice = bytes("deny");
/** Where model-fallback leaves the target that was asked first. */
const FALLBACK_PROPERTY: Slice = bytes("model_fallback_from");
const SAFECHECK: Slice = bytes("safecheck_status");
const MILLISECOND: u64 = 1_000_000;

/** Keys of `ai_log` that are copied, whichever plugin wrote them; numbers and texts stay such. */
const COPIED: string[] = [
  "chat_id",
  "model",
  "cache_status",
  "safecheck_status",
  "token_ratelimit_status",
  "input_token",
  "output_token",
  "cached_tokens",
  "llm_first_token_duration",
  "llm_service_duration",
];

/**
 * What was asked and answered, for somebody who indexes it: one object per request in the property
 * `ai_dialog`, written when the request is over and all plugins have had their say.
 */
@final
export class Dialog {
  private readonly startMs: u64;
  private readonly requestId: Slice;
  private readonly traceId: Slice;
  private question: Slice = NO_BYTES;
  private turns: i32 = 0;
  private systemHash: Slice = NO_BYTES;
  private isTruncated: bool = false;
  /** The request broke off before its answer began: whoever judges it may not have come to an end. */
  isUnanswered: bool = false;

  /** The running request begins, whose headers can be read. */
  constructor(
    private readonly config: DialogConfig,
    private readonly caller: Caller,
  ) {
    this.startMs = wallClockNs() / MILLISECOND;
    this.requestId = header(REQUEST_ID_HEADER).copy();
    // 00-<trace id>-<parent id>-<flags> (W3C Trace Context)
    this.traceId = header(TRACE_HEADER).sub(3, 35).copy();
  }

  /** Takes the question out of a request's body. */
  ask(request: RequestReader): void {
    this.isTruncated = request.isTruncated;
    const root = request.root;
    if (root === null) return;
    const asked = new Question(root);
    this.turns = asked.turns;
    this.question = this.clean(asked.text, this.config.maxQuestion);
    if (!asked.system.isEmpty) this.systemHash = fingerprint(asked.system);
  }

  /** Writes the record, unless requests that end like this one are left out. */
  write(tally: Tally, answer: Answer | null): void {
    const finish = tally.finish.equals(COMPLETE) ? whoAnswered() : tally.finish;
    if (!this.config.wantsEnd(finish)) return;
    const log = readLog();
    const isShown =
      this.config.hasDenied || this.isAllowed(log !== null ? log.get(SAFECHECK) : null);
    const json = new JsonWriter().openObject().key("v").integer(1);
    json.key("ts_ms").integer(<i64>this.startMs);
    json.key("request_id").text(this.requestId).key("trace_id").text(this.traceId);
    json.key("consumer").text(this.caller.consumer).key("api").text(this.caller.api);
    json.key("route").text(tally.route).key("cluster").text(tally.cluster);
    json.key("request_model").text(tally.requestModel).key("stream").boolean(tally.isStream);
    if (isShown) this.writeTexts(json, answer);
    json.key("status").integer(tally.status).key("finish").text(finish);
    if (log !== null) {
      this.writeSession(json, log.get(SESSION_ID));
      copyKeys(json, log);
    }
    this.writeRest(json, log, answer);
    json.key("truncated").boolean(this.isTruncated).closeObject();
    setProperty(PROPERTY, escape(json.toSlice()));
  }

  /** Whether a verdict is none that denies; without one the answer's beginning says so. */
  private isAllowed(verdict: JsonValue | null): bool {
    const text = textOf(verdict);
    return text.isEmpty ? !this.isUnanswered : text.find(DENY) < 0;
  }

  /** Clients make ids of what they have: of a session that shows it a fingerprint stays. */
  private writeSession(json: JsonWriter, session: JsonValue | null): void {
    const id = textOf(session);
    if (id.isEmpty) return;
    const isShown = !this.config.masks || mask(id).equals(id);
    json.keyBytes(SESSION_ID).text(isShown ? id : fingerprint(id));
  }

  /** What the record has whether somebody put it into `ai_log` or not. */
  private writeRest(json: JsonWriter, log: JsonValue | null, answer: Answer | null): void {
    const isCached = log !== null && log.get(CACHED_TOKENS) !== null;
    if (!isCached && answer !== null && answer.usage.seen) {
      json.keyBytes(CACHED_TOKENS).integer(answer.usage.cachedInput);
    }
    const from = getProperty(FALLBACK_PROPERTY);
    if (from !== null && !from.isEmpty) json.key("fallback_from").text(from);
  }

  private writeTexts(json: JsonWriter, answer: Answer | null): void {
    json.key("question").text(this.question).key("question_role").text(USER);
    json.key("history_turns").integer(this.turns);
    json.key("system_hash").text(this.systemHash);
    if (answer === null) return;
    const config = this.config;
    json.key("answer").text(this.part(answer, Builtin.Answer));
    if (config.hasReasoning) json.key("reasoning").text(this.part(answer, Builtin.Reasoning));
    if (config.hasToolCalls) json.key("tool_calls").text(this.part(answer, Builtin.ToolCalls));
    json.key("finish_reason").text(this.clean(answer.finishReason(), MOST_REASON));
    if (answer.isTruncated || (config.hasToolCalls && answer.hasCutCalls)) this.isTruncated = true;
  }

  private part(answer: Answer, builtin: Builtin): Slice {
    const value = answer.part(builtin);
    if (value === null) return NO_BYTES;
    if (!value.isCut) return this.clean(value.plain(), this.config.maxAnswer);
    this.isTruncated = true;
    return this.config.masks ? mask(value.plain()) : value.plain();
  }

  /** A text as it may be written down; memory of its own. */
  private clean(text: Slice, limit: i32): Slice {
    const masked = this.config.masks ? mask(text) : text;
    if (masked.length <= limit) return masked.kept();
    this.isTruncated = true;
    return cut(masked, limit).kept();
  }
}

/** What all plugins together have written; null: nothing that can be read. */
function readLog(): JsonValue | null {
  const stored = getProperty(AI_LOG);
  if (stored === null) return null;
  const quoted = new Builder(stored.length + 2).appendByte(0x22).append(stored).appendByte(0x22);
  return readJson(textOf(readJson(quoted.view())));
}

function copyKeys(json: JsonWriter, log: JsonValue): void {
  for (let i = 0; i < COPIED.length; i++) {
    const value = log.get(bytes(COPIED[i]));
    if (value !== null && !value.isNull) json.key(COPIED[i]).raw(value.raw);
  }
}
