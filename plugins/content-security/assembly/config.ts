import { compilePath, JsonPath } from "@ai-gateway-wasm/as-json";
import { bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { ConsumerRules } from "./consumer-rules";
import { Backend, Phase } from "./judge/backend";
import { LEVEL_HIGH, LEVEL_MAX } from "./judge/level";
import { LocalRules } from "./local/local-rules";
import { DenyFormat } from "./refusal/openai";
import { readRefusal } from "./refusal/read";
import { Refusal } from "./refusal/refusal";
import { readThresholds } from "./thresholds-parser";

const REQUEST_PATH: Slice = bytes("messages.@reverse.0.content");
const RESPONSE_PATH: Slice = bytes("choices.0.message.content");
const STREAM_PATH: Slice = bytes("choices.0.delta.content");
const RESPONSE_FALLBACKS: Slice[] = [RESPONSE_PATH, bytes('content.#(type=="text")#.text')];
const STREAM_FALLBACKS: Slice[] = [STREAM_PATH, bytes("delta.text")];

const FAIL_MODES: string[] = ["open", "closed"];
const UNREADABLE: string[] = ["pass", "deny"];
const BODY_PHASES: string[] = ["auto", "hold_headers", "stream_headers"];
const SCOPES: string[] = ["last", "lastUserTurns", "all"];
const AUDIT_LEVELS: string[] = ["peer", "full"];
const FULL: i32 = 1;
const HOLD_HEADERS: i32 = 1;
const CLOSED: i32 = 1;
const DENY: i32 = 1;

/** One configuration: of the whole plugin or of one rule. */
@final
export class SecurityConfig {
  readonly checksRequest: bool;
  readonly checksResponse: bool;
  /** Requests are read: they are checked, or a judge of answers wants to know them. */
  readonly readsRequest: bool;
  /** Where texts stand; the first path that finds one counts. None for streams: all texts count. */
  readonly requestPaths: JsonPath[];
  readonly responsePaths: JsonPath[];
  readonly streamPaths: JsonPath[];
  /** Characters, or events, after which a stream is judged. */
  readonly bufferLimit: i32;
  /** What is sent in place of what is refused. */
  readonly refusal: Refusal;
  readonly consumers: ConsumerRules;
  readonly failsClosed: bool;
  /** A request may go on with another text. */
  readonly mayMask: bool;
  /** A `Scope`: which messages of a request; −1: what a path names, as the peer. */
  readonly scope: i32;
  /** The log of a passed stream has a status, too. */
  readonly auditsPassed: bool;
  /** Status of an answer when no judge could be asked and that is not good enough. */
  readonly failCode: i32;
  /** What cannot be read is refused. */
  readonly deniesUnreadable: bool;
  readonly holdsHeaders: bool;
  readonly maxBodyBytes: i64;

  constructor(
    config: ConfigReader,
    readonly backends: Backend[],
    /** Null: there are none. */
    readonly rules: LocalRules | null,
    isCloud: bool,
    scope: i32,
  ) {
    const chosen = config.has("requestScope") ? config.choice("requestScope", SCOPES, 0) : scope;
    this.scope = chosen;
    const checksRequest = config.flag("checkRequest", !isCloud);
    const checksResponse = config.flag("checkResponse", !isCloud);
    this.checksRequest = checksRequest;
    this.checksResponse = checksResponse;
    this.readsRequest = checksRequest || (checksResponse && wantsPrompt(backends));
    this.mayMask = rules === null || rules.masks(Phase.Request) || backends.length > 0;
    this.requestPaths = readPaths(config, "requestContentJsonPath", REQUEST_PATH, "", []);
    this.responsePaths = readPaths(
      config,
      "responseContentJsonPath",
      RESPONSE_PATH,
      "responseContentFallbackJsonPaths",
      RESPONSE_FALLBACKS,
    );
    this.streamPaths =
      chosen >= 0
        ? []
        : readPaths(
            config,
            "responseStreamContentJsonPath",
            STREAM_PATH,
            "responseStreamContentFallbackJsonPaths",
            STREAM_FALLBACKS,
          );
    this.bufferLimit = <i32>(
      max<i64>(1, min<i64>(i32.MAX_VALUE, config.integer("bufferLimit", 1000)))
    );
    this.refusal = readRefusal(config, isCloud ? DenyFormat.Legacy : DenyFormat.Message);
    const thresholds = readThresholds(config, isCloud ? LEVEL_MAX : LEVEL_HIGH);
    this.consumers = new ConsumerRules(config, thresholds);
    this.failsClosed = config.choice("failMode", FAIL_MODES, 0) == CLOSED;
    this.failCode = <i32>config.integer("failCode", 503, 200, 599);
    this.deniesUnreadable = config.choice("onUnreadable", UNREADABLE, isCloud ? 0 : DENY) == DENY;
    this.holdsHeaders = config.choice("body_phase", BODY_PHASES, 0) == HOLD_HEADERS;
    this.auditsPassed = config.choice("auditLevel", AUDIT_LEVELS, isCloud ? 0 : FULL) == FULL;
    this.maxBodyBytes = config.integer("maxBodyBytes", 10485760, 1, i32.MAX_VALUE);
  }
}

function wantsPrompt(backends: Backend[]): bool {
  for (let i = 0; i < backends.length; i++) {
    if (backends[i].wantsPrompt) return true;
  }
  return false;
}

/** The configured path, then those that stand in for it. */
function readPaths(
  config: ConfigReader,
  field: string,
  fallback: Slice,
  fallbackField: string,
  fallbacks: Slice[],
): JsonPath[] {
  const first = trim(config.text(field, fallback));
  const all: Slice[] = [first];
  const others = fallbackField == "" ? fallbacks : readFallbacks(config, fallbackField, fallbacks);
  for (let i = 0; i < others.length; i++) addNew(all, others[i]);
  const paths: JsonPath[] = [];
  for (let i = 0; i < all.length; i++) {
    const path = compilePath(all[i].toString());
    if (path !== null) paths.push(path);
    else config.refuse(i == 0 ? field : fallbackField, "is not a JSON path");
  }
  return paths;
}

function readFallbacks(config: ConfigReader, field: string, fallbacks: Slice[]): Slice[] {
  const value = config.find(field);
  if (value === null) return fallbacks;
  const message = "invalid " + field + ", value must be an array of non-empty strings";
  if (!value.isArray) {
    config.refuseWith(message);
    return [];
  }
  const paths: Slice[] = [];
  const items = config.list(field);
  for (let i = 0; i < items.length; i++) {
    const path = items[i].isString ? trim(config.texts(field)[i]) : bytes("");
    if (path.isEmpty) config.refuseWith(message);
    else paths.push(path);
  }
  return paths;
}

function addNew(paths: Slice[], path: Slice): void {
  for (let i = 0; i < paths.length; i++) {
    if (paths[i].equals(path)) return;
  }
  paths.push(path);
}
