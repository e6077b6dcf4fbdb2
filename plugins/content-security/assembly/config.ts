import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, requireHeaderName } from "@ai-gateway-wasm/kit";
import { countsEveryRequest } from "@ai-gateway-wasm/kit/series";
import { Api } from "./api/api";
import { readApi } from "./api/read";
import { knowsDimensions } from "./backend/aliyun/config";
import { Spellings } from "./backend/guard/spellings";
import { ConsumerRules } from "./consumer-rules";
import { Dialect } from "./dialect";
import { Doubts } from "./doubts";
import { MAX_FLUSH_MS, TICK_MS } from "./ticks";
import { Backend, Phase } from "./judge/backend";
import { Needs } from "./judge/needs";
import { LedgerHabits } from "./ledger-habits";
import { LocalRules } from "./local/local-rules";
import { MaskingPolicy } from "./masking";
import { CONSUMER_HEADER } from "./names";
import { ownInteger } from "./own-fields";
import { DenyFormat } from "./refusal/content";
import { readFormat, readRefusal } from "./refusal/read";
import { Refusal } from "./refusal/refusal";
import { doubtBar, readActions, readTopBars } from "./thresholds-parser";

const FAIL_MODES: string[] = ["open", "closed"];
const UNREADABLE: string[] = ["pass", "deny"];
const TRIGGERS: string[] = ["auto", "events", "chars"];
const BODY_PHASES: string[] = ["auto", "hold_headers", "stream_headers"];
const HOLD_HEADERS: i32 = 1;
const STREAM_HEADERS: i32 = 2;
const CLOSED: i32 = 1;
/** Longer than most phrases; the peers' windows do not overlap (content-security.md 6, no. 30). */
const CONTEXT: i32 = 100;
/** A few pages. */
const MAX_CONTEXT: i64 = 10_000;
const DENY: i32 = 1;

/** What makes a window of a stream due (decision 11.2); all end with the stream. */
export const enum Trigger {
  /** Events or characters, whichever is enough first. */
  Auto,
  /** Events alone, as in ai-security-guard. */
  Events,
  /** Characters alone, as in qwen3guard. */
  Chars,
}

/** One configuration: of the whole plugin or of one rule. */
@final
export class SecurityConfig {
  readonly checksRequest: bool;
  readonly checksResponse: bool;
  /** Requests are read: they are checked, or a judge of answers wants to know them. */
  readonly readsRequest: bool;
  readonly needs: Needs;
  readonly api: Api;
  /** Images of requests that have texts are judged, too. */
  readonly checksImages: bool;
  /** Characters, or events, after which a stream is judged. */
  readonly bufferLimit: i32;
  readonly trigger: Trigger;
  /** Characters of what was judged that a window of a stream begins with once more. */
  readonly contextChars: i32;
  /** Ticks after which a window of a stream is due; 0: it waits until it is full. */
  readonly flushTicks: i32;
  /** Windows of a stream without text are asked about, too (decision 11.3). */
  readonly asksEmpty: bool;
  /** What is sent in place of what is refused. */
  readonly refusal: Refusal;
  readonly consumers: ConsumerRules;
  readonly failsClosed: bool;
  /** A request may go on with another text. */
  readonly mayMask: bool;
  readonly masking: MaskingPolicy;
  readonly ledger: LedgerHabits;
  /** Status of an answer when no judge could be asked and that is not good enough. */
  readonly failCode: i32;
  /** What cannot be read is refused. */
  readonly deniesUnreadable: bool;
  readonly holdsHeaders: bool;
  /**
   * The headers of an answer wait for its verdict. Higress gives filters behind this one what a local
   * reply says; Envoy's body can only be replaced.
   */
  readonly holdsResponseHeaders: bool;
  /** Header with the consumer's name. */
  readonly consumerHeader: Slice;
  readonly maxBodyBytes: i64;
  /** What passes is counted by route and consumer, too. */
  readonly countsAll: bool;

  constructor(
    config: ConfigReader,
    dialect: Dialect,
    readonly backends: Backend[],
    /** Null: there are none. */
    readonly rules: LocalRules | null,
    doubts: Doubts,
  ) {
    const isCloud = dialect == Dialect.Cloud;
    const isGuard = dialect == Dialect.Guard;
    const fields = new Spellings(config, isGuard);
    const checksRequest = fields.flag("check_request", "checkRequest", !isCloud);
    const checksResponse = fields.flag("check_response", "checkResponse", !isCloud);
    this.checksRequest = checksRequest;
    this.checksResponse = checksResponse;
    const ignoresActions = ignoresDimensions(config, dialect, backends);
    // In the peer's order: of several faults the first one is told (content-security.md 2.3).
    const thresholds = readActions(config, doubts, ignoresActions);
    readFormat(config, DenyFormat.Legacy, dialect);
    const api = readApi(config, dialect, doubts);
    this.api = api;
    readTopBars(config, thresholds);
    const consumers = new ConsumerRules(config, thresholds, doubts, ignoresActions);
    this.consumers = consumers;
    const needs = new Needs(backends, consumers.masks);
    this.needs = needs;
    api.splitLists(needs.masks);
    this.readsRequest = checksRequest || (checksResponse && needs.prompt);
    this.checksImages = config.flag("checkRequestImage");
    this.mayMask = mayMask(rules, needs, api);
    this.masking = new MaskingPolicy(config, api.masksTexts, isCloud);
    this.trigger = isGuard ? Trigger.Chars : config.choice("bufferTrigger", TRIGGERS, Trigger.Auto);
    this.asksEmpty = !api.judgesEvents && needs.empty;
    const limit = api.judgesEvents ? 1 : readWindow(fields, doubts, isGuard);
    const context = readContext(config, dialect, limit);
    this.contextChars = api.judgesEvents ? 0 : context;
    this.bufferLimit = limit;
    const flush = ownInteger(config, "flushIntervalMs", 0, MAX_FLUSH_MS);
    this.flushTicks = backends.length > 0 ? (flush + TICK_MS - 1) / TICK_MS : 0;
    const refusal = readRefusal(config, dialect, api.type);
    this.refusal = refusal;
    if (!isGuard) doubtBar(config, "riskLevelBar", doubts);
    this.failsClosed = config.choice("failMode", FAIL_MODES, 0) == CLOSED;
    this.failCode = <i32>config.integer("failCode", 503, 200, 599);
    this.deniesUnreadable =
      config.choice("onUnreadable", UNREADABLE, unreadableOf(dialect)) == DENY;
    const bodyPhase = config.choice("body_phase", BODY_PHASES, 0);
    this.holdsHeaders = bodyPhase == HOLD_HEADERS;
    this.holdsResponseHeaders = bodyPhase == HOLD_HEADERS || mayReply(bodyPhase, refusal);
    this.ledger = new LedgerHabits(config, !isCloud);
    this.consumerHeader = requireHeaderName(config, "consumerHeader", CONSUMER_HEADER);
    this.maxBodyBytes = readBodyLimit(fields, isGuard);
    this.countsAll = countsEveryRequest(config);
    if (checksResponse && !this.holdsResponseHeaders) doubtStatus(config, refusal, doubts);
  }

  /** A refusal of an answer has a status and headers of its own. */
  get changesResponseHeaders(): bool {
    return this.holdsResponseHeaders && !this.refusal.keepsHeaders;
  }
}

/** Where headers of answers have gone, a status of refusals is for requests alone. */
function doubtStatus(config: ConfigReader, refusal: Refusal, doubts: Doubts): void {
  if (refusal.keepsHeaders || refusal.status == 200) return;
  doubts.warn(config, "denyCode", "refused answers keep theirs");
}

/** The peer does so with `…Action`s of other words than `MultiModalGuard`; another service needs them. */
function ignoresDimensions(config: ConfigReader, dialect: Dialect, backends: Backend[]): bool {
  return dialect == Dialect.Cloud && backends.length == 1 && !knowsDimensions(config);
}

/** The windows of the peers do not overlap. */
function readContext(config: ConfigReader, dialect: Dialect, window: i32): i32 {
  const fallback = dialect == Dialect.Ours ? min(window, CONTEXT) : 0;
  return ownInteger(config, "streamContextChars", fallback, MAX_CONTEXT);
}

/** Somebody may have another text for one of a request. */
function mayMask(rules: LocalRules | null, needs: Needs, api: Api): bool {
  return (rules !== null && rules.masks(Phase.Request)) || (needs.masks && api.masksTexts);
}

/** An answer that is held can be refused by a local reply, unless the refusal keeps its headers. */
function mayReply(bodyPhase: i32, refusal: Refusal): bool {
  return isDefined(HIGRESS) && bodyPhase != STREAM_HEADERS && !refusal.keepsHeaders;
}

/** Peers let pass what they cannot read (decision 11.6). */
function unreadableOf(dialect: Dialect): i32 {
  return dialect == Dialect.Ours ? DENY : 0;
}

/** qwen3guard has words of its own. */
function readWindow(fields: Spellings, doubts: Doubts, isGuard: bool): i32 {
  if (isGuard) return <i32>fields.positive("stream_buffer_chars", "streamBufferChars", 1000);
  const config = fields.config;
  const limit = config.integer("bufferLimit", 1000);
  if (limit <= 0) {
    doubts.note(config, "bufferLimit", "is not above 0, so a service is asked about each event");
  }
  return <i32>max<i64>(1, min<i64>(i32.MAX_VALUE, limit));
}

function readBodyLimit(fields: Spellings, isGuard: bool): i64 {
  const fallback: i64 = 10485760;
  if (isGuard) return fields.positive("max_body_bytes", "maxBodyBytes", fallback);
  return fields.config.integer("maxBodyBytes", fallback, 1, i32.MAX_VALUE);
}
