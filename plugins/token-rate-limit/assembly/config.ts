import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog, requireHeaderName } from "@ai-gateway-wasm/kit";
import { FailMode, readStore, Store, StoreKind, StorePlugin } from "@ai-gateway-wasm/store";
import { Algorithm } from "@ai-gateway-wasm/store/buckets";
import { HeaderStyle, readHeaderStyle } from "./limit-headers";
import { LimitFormat } from "./limit";
import { Metering } from "./metering";
import { CONSUMER_HEADER } from "./names";
import { Rejection } from "./rejection";
import { Rules } from "./rules";
import { readMatchesFirst, RulesParser } from "./rules-parser";

const ALGORITHMS: string[] = ["fixed", "aligned", "sliding"];
const KEY_FORMATS: string[] = ["tagged", "plain"];
const BODY_PHASES: string[] = ["auto", "hold_headers", "stream_headers"];
const STREAM_HEADERS: i32 = 2;
const DAY_MINUTES: i64 = 1440;
const DEFAULT_BODY_BYTES: i64 = 10485760;
const MOST_BODY_BYTES: i64 = 100000000;

/** One configuration: of the whole plugin or of one rule. */
@final
export class LimitConfig {
  readonly rejection: Rejection;
  readonly metering: Metering;
  readonly headerStyle: HeaderStyle;
  /** Ask upstreams for responses that can be read. */
  readonly stripsAcceptEncoding: bool;
  /** Make OpenAI's streams say what they used. */
  readonly injectsUsage: bool;
  /** Decide and say so, but never refuse. */
  readonly isShadow: bool;
  /** Tell the access log which rule refused. */
  readonly reportsRule: bool;
  /** False: the host cannot hold headers while a body is read (host.md 6.6). */
  readonly holdsHeaders: bool;
  /** The longest body that is read. */
  readonly maxBodyBytes: i64;

  constructor(
    config: ConfigReader,
    readonly store: Store,
    readonly rules: Rules,
    /** Request header with the consumer's name. */
    readonly consumerHeader: Slice,
  ) {
    this.rejection = new Rejection(config);
    this.metering = new Metering(config);
    this.headerStyle = readHeaderStyle(config);
    this.stripsAcceptEncoding = config.flag("strip_accept_encoding", true);
    this.injectsUsage = config.flag("inject_include_usage");
    this.isShadow = config.flag("shadow");
    this.reportsRule = config.flag("report_rule");
    this.holdsHeaders = config.choice("body_phase", BODY_PHASES, 0) != STREAM_HEADERS;
    this.maxBodyBytes = config.integer("max_body_bytes", DEFAULT_BODY_BYTES, 1, MOST_BODY_BYTES);
  }

  /** One counter per request, and one flat triple for it (token-rate-limit.md Appendix D). */
  get isFlat(): bool {
    return this.rules.isFirst;
  }

  /** A damaged counter lets the request pass at once, as in the peer (token-rate-limit.md 6, no. 20). */
  get stopsAtDamage(): bool {
    return this.store.kind == StoreKind.Redis && this.store.failMode == FailMode.Open;
  }
}

/**
 * Reads a configuration with the peer's checks in the peer's order, ours after them.
 *
 * @returns null when it is refused; the reason is noted in the reader
 */
export function parseConfig(
  config: ConfigReader,
  plugin: StorePlugin,
  log: PluginLog,
): LimitConfig | null {
  const store = readStore(config, plugin);
  if (store === null) return null;
  if (store.kind == StoreKind.Redis) {
    if (store.isReady) log.info("redis init successfully");
    else log.error("redis init failed, will try later");
  }
  if (!config.has("rule_name")) {
    config.refuseWith("missing rule_name in config");
    return null;
  }
  const consumerHeader = requireHeaderName(config, "consumer_header", CONSUMER_HEADER);
  const rules = new RulesParser(config, readFormat(config), consumerHeader, log).parse();
  if (rules === null) return null;
  const parsed = new LimitConfig(config, store, rules, consumerHeader);
  return config.errors.any ? null : parsed;
}

function readFormat(config: ConfigReader): LimitFormat {
  const fallback = readMatchesFirst(config) ? 1 : 0;
  const isTagged = config.choice("key_format", KEY_FORMATS, fallback) == 0;
  const algorithm = <Algorithm>config.choice("algorithm", ALGORITHMS, Algorithm.Fixed);
  const offset = <i32>config.integer("utc_offset_minutes", 0, -DAY_MINUTES, DAY_MINUTES);
  return new LimitFormat(config.text("rule_name"), isTagged, algorithm, offset);
}
