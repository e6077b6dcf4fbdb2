import { bytes, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields, PluginLog, requireHeaderName } from "@ai-gateway-wasm/kit";
import { PathSuffixes } from "@ai-gateway-wasm/llm/model";
import { Attribute, Builtin, Phase } from "./attribute";
import { allAttributes, readAttributes, tokenAttributes } from "./attributes-parser";
import { DialogConfig } from "./dialog-config";
import { MetricsConfig } from "./metrics-config";
import { CONSUMER_HEADER } from "./names";

const DEFAULT_LIMIT: i64 = 32_000;
const FULL_LIMIT: i64 = 10_485_760;
const LIGHT_LIMIT: i64 = 4000;
const MOST_BODY: i64 = 64 * 1024 * 1024;
const DEFAULT_BODY: i64 = 1024 * 1024;
const STAR: Slice = bytes("*");
/** Properties of escaped JSON, to which `log_raw_key` would do harm. */
const TAKEN: Slice[] = [bytes("ai_log"), bytes("ai_dialog"), bytes("custom_log")];

/** What one scope, the global part or a rule, asks for. */
@final
export class StatisticsConfig {
  attributes: Attribute[] = [];
  /** Bits of `Phase`: where some attribute is read. */
  phases: i32 = 0;
  readsUsage: bool = true;
  consumerHeader: Slice = CONSUMER_HEADER;
  /** Bytes of one value. */
  valueLimit: i32 = 0;
  paths: PathSuffixes = new PathSuffixes([], true);
  /** Empty: every content type. */
  contentTypes: Slice[] = [];
  /** In the order in which they count. */
  sessionHeaders: Slice[] = [];
  /** Keys that the peer does not write. */
  writesExtra: bool = false;
  /** An event that the end of its stream cut off counts. */
  readsLastEvent: bool = false;
  /** Bytes kept of a request, of an answer; what is longer has no attributes. */
  requestLimit: i32 = 0;
  responseLimit: i32 = 0;
  /** OpenAI's streams are made to tell their usage. */
  asksForUsage: bool = false;
  /** Tags that the peer does not set. */
  tagsExtra: bool = false;
  /** Where `ai_log` stands unescaped, too; empty: nowhere. */
  rawKey: Slice = bytes("");

  constructor(
    readonly metrics: MetricsConfig,
    /** Null: no dialogue log. */
    readonly dialog: DialogConfig | null,
  ) {}

  reads(phase: Phase): bool {
    return (this.phases & phase) != 0;
  }

  /** @param type content type of an answer, empty when it has none */
  wantsType(type: Slice): bool {
    for (let i = 0; i < this.contentTypes.length; i++) {
      if (type.find(this.contentTypes[i]) >= 0) return true;
    }
    return this.contentTypes.length == 0;
  }
}

/** Reads one scope; null when the reader noted an error. */
export function parseConfig(json: ConfigReader, log: PluginLog): StatisticsConfig | null {
  const own = new OwnFields(json);
  const config = new StatisticsConfig(new MetricsConfig(own), DialogConfig.read(json));
  const isFull = json.flag("use_default_attributes");
  const isLight = !isFull && json.flag("use_default_response_attributes");
  config.attributes = isFull
    ? allAttributes()
    : isLight
      ? tokenAttributes()
      : readAttributes(json, log);
  for (let i = 0; i < config.attributes.length; i++) config.phases |= config.attributes[i].phases;
  config.readsUsage = !json.flag("disable_openai_usage");
  const limit = isFull ? FULL_LIMIT : isLight ? LIGHT_LIMIT : DEFAULT_LIMIT;
  config.valueLimit = readValueLimit(json, limit, log);
  config.paths = readPaths(json, isFull || isLight);
  config.contentTypes = readTypes(json);
  config.sessionHeaders = readSessionHeaders(json);
  readOwnFields(own, config);
  return json.errors.any ? null : config;
}

/** Reads what the peer does not have. */
function readOwnFields(own: OwnFields, config: StatisticsConfig): void {
  if (own.has("consumer_header")) {
    config.consumerHeader = requireHeaderName(own.reader, "consumer_header", CONSUMER_HEADER);
  }
  config.writesExtra = own.flag("ai_log_extra");
  config.readsLastEvent = own.flag("flush_last_event");
  config.requestLimit = <i32>own.integer("max_request_body_bytes", DEFAULT_BODY, 0, MOST_BODY);
  config.responseLimit = <i32>own.integer("max_response_body_bytes", DEFAULT_BODY, 0, MOST_BODY);
  config.rawKey = own.text("log_raw_key");
  for (let i = 0; i < TAKEN.length; i++) {
    if (config.rawKey.equals(TAKEN[i]))
      own.refuse("log_raw_key", "is a property that plugins merge");
  }
  config.asksForUsage = own.choice("include_usage", ["none", "inject"], 0) == 1;
  config.tagsExtra = own.flag("span_extra");
}

/** The peer takes any number, and panics below −1. */
function readValueLimit(json: ConfigReader, fallback: i64, log: PluginLog): i32 {
  const limit = json.integer("value_length_limit", fallback);
  if (limit < 0) log.warn("value_length_limit: is negative and counts as 0");
  return <i32>max(0, min(limit, MOST_BODY));
}

function readPaths(json: ConfigReader, isPreset: bool): PathSuffixes {
  const suffixes = json.texts("enable_path_suffixes");
  if (isPreset && !json.has("enable_path_suffixes")) {
    return new PathSuffixes([bytes("/completions"), bytes("/messages")]);
  }
  return suffixes.length == 0 ? new PathSuffixes([], true) : PathSuffixes.withStar(suffixes);
}

function readTypes(json: ConfigReader): Slice[] {
  const types = json.texts("enable_content_types");
  for (let i = 0; i < types.length; i++) if (types[i].equals(STAR)) return [];
  return types;
}

function readSessionHeaders(json: ConfigReader): Slice[] {
  const headers: Slice[] = [];
  const own = json.text("session_id_header");
  if (!own.isEmpty) headers.push(lowerCase(own));
  headers.push(bytes("x-openclaw-session-key"));
  headers.push(bytes("x-clawdbot-session-key"));
  headers.push(bytes("x-moltbot-session-key"));
  headers.push(bytes("x-agent-session"));
  return headers;
}

/** Whether the answer has to be kept for this attribute when it comes whole. */
export function needsBody(attribute: Attribute): bool {
  return attribute.path !== null || attribute.builtin < Builtin.ReasoningTokens;
}
