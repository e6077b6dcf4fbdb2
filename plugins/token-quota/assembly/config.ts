import { Builder, bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader, requireHeaderName } from "@ai-gateway-wasm/kit";
import {
  Debts,
  readStore,
  Store,
  StoreCalls,
  StoreKind,
  StorePlugin,
} from "@ai-gateway-wasm/store";
import { UsageBook } from "@ai-gateway-wasm/store/usage";
import { Accounts } from "./accounts";
import { DenialStyle } from "./denial";
import { Ledger } from "./ledger";
import { Metering } from "./metering";
import { CONSUMER_HEADER, GROUP_HEADER, MODEL_HEADER } from "./names";
import { Paths } from "./paths";

const DEFAULT_ADMIN_PATH: Slice = bytes("/quota");
const DEFAULT_PREFIX: Slice = bytes("chat_quota:");
const CHAT: Slice = bytes("/v1/chat/completions");
const MESSAGES: Slice = bytes("/v1/messages");
const METERED_PATHS: string[] = ["suffixes", "all"];
const RESPONSE_HEADERS: string[] = ["none", "quota"];

/** Who may administer, and how admin calls are read. */
@final
export class AdminConfig {
  /** Name of the one consumer that may. */
  readonly consumer: Slice;
  /** Wanted beside the name; empty: the name is enough, as for the peer. */
  readonly token: Slice;
  /** JSON bodies, DELETE, `/list` and `?verbose=1`. */
  readonly isExtended: bool;
  /** False: the host cannot hold headers while a body is read (token-quota.md 7.1). */
  readonly holdsBodies: bool;

  constructor(config: ConfigReader) {
    this.consumer = config.text("admin_consumer");
    this.token = config.text("admin_token");
    this.isExtended = config.flag("admin_extensions");
    this.holdsBodies = config.flag("body_hold", true);
  }
}

/** One configuration: of the whole plugin or of one rule. */
@final
export class QuotaConfig {
  readonly admin: AdminConfig;
  readonly accounts: Accounts;
  readonly metering: Metering;
  readonly denial: DenialStyle;
  readonly consumerHeader: Slice;
  readonly groupHeader: Slice;
  readonly modelHeader: Slice;
  /** Decide and say so, but never refuse. */
  readonly isShadow: bool;
  /** Tell clients what is left. */
  readonly showsRemaining: bool;
  /** Tell the access log what is left. */
  readonly logsRemaining: bool;

  constructor(
    config: ConfigReader,
    readonly paths: Paths,
    /** What is taken from balances. */
    readonly debts: Debts,
    readonly ledger: Ledger,
    prefix: Slice,
  ) {
    this.admin = new AdminConfig(config);
    this.accounts = new Accounts(config, prefix, debts.store.kind == StoreKind.Shared);
    this.metering = new Metering(config);
    this.denial = new DenialStyle(config);
    this.consumerHeader = requireHeaderName(config, "consumer_header", CONSUMER_HEADER);
    this.groupHeader = requireHeaderName(config, "group_header", GROUP_HEADER);
    this.modelHeader = requireHeaderName(config, "model_header", MODEL_HEADER);
    this.isShadow = config.flag("shadow");
    this.showsRemaining = config.choice("response_headers", RESPONSE_HEADERS, 0) == 1;
    this.logsRemaining = config.flag("log_remaining");
  }

  get store(): Store {
    return this.debts.store;
  }
}

/**
 * Reads a configuration with the peer's checks in the peer's order, ours after them.
 *
 * @param calls of the root, for what outlives a stream
 * @param tag what the root knows the answers to those calls by
 * @returns null when it is refused; the reason is noted in the reader
 */
export function parseConfig(
  config: ConfigReader,
  plugin: StorePlugin,
  calls: StoreCalls,
  tag: i32,
): QuotaConfig | null {
  const metered = readSuffixes(config);
  if (config.text("admin_consumer").isEmpty) {
    config.refuseWith("missing admin_consumer in config");
  }
  if (config.errors.any) return null;
  const store = readStore(config, plugin);
  if (store === null) return null;
  const prefix = orElse(config.text("redis_key_prefix"), DEFAULT_PREFIX);
  const debts = new Debts(store, calls, tag);
  const ledger = new Ledger(readBook(config, prefix), debts);
  const parsed = new QuotaConfig(config, readPaths(config, metered), debts, ledger, prefix);
  return config.errors.any ? null : parsed;
}

/** `enable_path_suffixes`. */
function readSuffixes(config: ConfigReader): Slice[] {
  const value = config.find("enable_path_suffixes");
  if (value === null) return [CHAT, MESSAGES];
  const suffixes: Slice[] = [];
  if (!value.isArray) {
    config.refuseWith("enable_path_suffixes must be an array");
    return suffixes;
  }
  const values = config.list("enable_path_suffixes");
  for (let i = 0; i < values.length; i++) {
    const suffix = trim(configText(values[i]));
    if (!suffix.isEmpty) suffixes.push(suffix.copy());
  }
  if (suffixes.length == 0) config.refuseWith("enable_path_suffixes must not be empty");
  return suffixes;
}

function readPaths(config: ConfigReader, metered: Slice[]): Paths {
  const paths = new Paths(orElse(config.text("admin_path"), DEFAULT_ADMIN_PATH), metered);
  paths.metersAll = config.choice("metered_paths", METERED_PATHS, 0) == 1;
  paths.hasList = config.flag("admin_extensions");
  paths.hasReport = config.flag("usage_report");
  const skipped = config.texts("skip_paths");
  for (let i = 0; i < skipped.length; i++) {
    if (skipped[i].isEmpty) config.refuse("skip_paths", "must not hold empty texts");
  }
  paths.skipped = skipped;
  return paths;
}

/** `usage_report`, in one place of the store for all configurations with this prefix. */
function readBook(config: ConfigReader, prefix: Slice): UsageBook | null {
  const most = config.integer("usage_report_consumers", 1000, 1, 10000);
  if (!config.flag("usage_report")) return null;
  const key = new Builder().appendText("usage:").append(prefix).toSlice();
  return new UsageBook(key, <i32>most);
}

function orElse(text: Slice, fallback: Slice): Slice {
  return text.isEmpty ? fallback : text;
}
