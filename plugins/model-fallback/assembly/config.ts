import { compileKeyPath, KeyPath } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog, readHeaderName, requireHeaderName } from "@ai-gateway-wasm/kit";
import { DEFAULT_SUFFIXES, PathSuffixes } from "@ai-gateway-wasm/llm/model";
import { AllFailed } from "./all-failed";
import { BreakerOptions } from "./breaker-options";
import { Chain } from "./chain";
import { readChains } from "./chains-parser";
import { Errors } from "./errors";
import { Exposure } from "./exposure";
import { StreamOptions } from "./judge";
import { withoutLegacy } from "./legacy";
import { CONSUMER_HEADER } from "./names";
import { OptOut } from "./opt-out";
import { RouterOrders } from "./router-orders";
import { section } from "./section";
import { readTarget, Target } from "./target";
import { Timeouts } from "./timeouts";

/** Which chain of filters the plugin stands in; the order of `ROLES`. */
export const enum Role {
  Listener,
  /** In the upstream chain: it runs once for each attempt of Envoy's router. */
  Upstream,
}

/** Who asks the next target; the order of `STRATEGIES`. */
export const enum Strategy {
  /** Envoy's router. */
  Native,
  /** This plugin, by HTTP calls. */
  Replay,
  /** Higress's fallback route. */
  Redirect,
}

const ROLES: string[] = ["listener", "upstream"];
const STRATEGIES: string[] = ["native", "replay", "redirect"];
const TOO_LARGE: string[] = ["skip", "reject"];
const REPLAYED_STREAMS: string[] = ["buffered", "forbid"];
const MOST_TARGETS: i32 = 16;
const POINT: u8 = 0x2e;
const MODEL_KEY: Slice = bytes("model");
const TARGET_PROPERTY: Slice = bytes(
  "xds.upstream_host_metadata.filter_metadata.model_fallback.target",
);
const KNOWN: string[] = [
  "role",
  "strategy",
  "targets",
  "chains",
  "clusterHeader",
  "consumerHeader",
  "modelKey",
  "enableOnPathSuffix",
  "errors",
  "timeouts",
  "breaker",
  "stream",
  "maxBodyBytes",
  "onBodyTooLarge",
  "maxAttempts",
  "optOut",
  "expose",
  "allFailed",
  "targetProperty",
  "replayStream",
];

/** One configuration, the same for both roles. */
@final
export class FallbackConfig {
  role: Role = Role.Listener;
  strategy: Strategy = Strategy.Native;
  readonly errors: Errors;
  readonly timeouts: Timeouts;
  readonly breaker: BreakerOptions;
  readonly stream: StreamOptions;
  readonly exposure: Exposure;
  readonly allFailed: AllFailed;
  readonly optOut: OptOut;
  readonly paths: PathSuffixes;
  readonly orders: RouterOrders;
  targets: Target[] = [];
  chains: Chain[] = [];
  /** Attempts at most. */
  maxAttempts: i32 = 0;
  /** Header that tells the route the cluster; no bytes: routes know. */
  clusterHeader: Slice = NO_BYTES;
  consumerHeader: Slice = CONSUMER_HEADER;
  modelKey: KeyPath | null = null;
  maxBodyBytes: i64 = 0;
  rejectsTooLarge: bool = false;
  /** Of `replay`: a request that streams is not replayed. */
  forbidsReplayedStreams: bool = false;
  /** Path of the property that names an endpoint's target, segments joined by NUL. */
  targetProperty: Slice = NO_BYTES;
  /** Headers that attempts may change: later ones begin with what the client sent. */
  readonly touched: Slice[] = [];
  /** Some target asks whether requests hold images. */
  asksForVision: bool = false;
  /** Some target lends keys to some consumers only. */
  asksForConsumer: bool = false;

  constructor(config: ConfigReader) {
    const errors = new Errors(section(config, "errors"));
    const timeouts = new Timeouts(section(config, "timeouts"));
    this.errors = errors;
    this.timeouts = timeouts;
    const breaker = section(config, "breaker");
    this.breaker = new BreakerOptions(breaker, <i64>timeouts.unaryMs, errors.statuses);
    const stream = new StreamOptions(section(config, "stream"));
    this.stream = stream;
    this.orders = new RouterOrders(errors, stream, timeouts);
    this.exposure = new Exposure(section(config, "expose"));
    this.allFailed = new AllFailed(section(config, "allFailed"));
    this.optOut = new OptOut(section(config, "optOut"));
    this.paths = readPaths(config);
    this.maxBodyBytes = config.integer("maxBodyBytes", 1048576, 1024, 104857600);
    this.rejectsTooLarge = config.choice("onBodyTooLarge", TOO_LARGE, 0) == 1;
    this.forbidsReplayedStreams = config.choice("replayStream", REPLAYED_STREAMS, 0) == 1;
  }

  /** Adds a target, and what has to be known of requests for it. */
  add(target: Target): void {
    if (target.requirement.asksForVision) this.asksForVision = true;
    if (target.credential.isRestricted) this.asksForConsumer = true;
    target.noteTouched(this.touched);
    this.targets.push(target);
  }

  /** The first chain that is for this model and these headers, or null. */
  findChain(model: Slice): Chain | null {
    for (let i = 0; i < this.chains.length; i++) {
      if (this.chains[i].match.holds(model)) return this.chains[i];
    }
    return null;
  }

  /** The chain of this name, or null. */
  chainOf(name: Slice): Chain | null {
    for (let i = 0; i < this.chains.length; i++) {
      if (this.chains[i].name.equals(name)) return this.chains[i];
    }
    return null;
  }
}

/**
 * Reads a configuration.
 *
 * @returns null when it is refused; the reason is noted in the reader
 */
export function parseConfig(document: ConfigReader, log: PluginLog): FallbackConfig | null {
  const reader = withoutLegacy(document, log);
  const role = choose(reader, "role", ROLES);
  const strategy = choose(reader, "strategy", STRATEGIES);
  if (role == <i32>Role.Upstream && strategy != <i32>Strategy.Native) {
    reader.refuse("strategy", "must be native for role upstream");
  }
  if (reader.errors.any) return null;
  const config = new FallbackConfig(reader);
  config.role = <Role>role;
  config.strategy = <Strategy>strategy;
  readTargets(reader, config, log);
  if (reader.errors.any) return null;
  checkBodyRules(section(reader, "errors").objects("onBody"), config, log);
  config.clusterHeader = readHeaderName(reader, "clusterHeader");
  config.consumerHeader = requireHeaderName(reader, "consumerHeader", CONSUMER_HEADER);
  config.modelKey = readModelKey(reader);
  config.maxAttempts = config.targets.length;
  readAttempts(reader, config);
  readAttempts(section(reader, "errors"), config); // which counts first
  config.targetProperty = nulPath(reader.text("targetProperty", TARGET_PROPERTY));
  config.chains = readChains(reader, config, log);
  warnOfUnknown(reader, log);
  return reader.errors.any ? null : config;
}

function readPaths(config: ConfigReader): PathSuffixes {
  const texts = config.optionalTexts("enableOnPathSuffix");
  return texts === null ? new PathSuffixes(DEFAULT_SUFFIXES) : PathSuffixes.withStar(texts);
}

function readTargets(reader: ConfigReader, config: FallbackConfig, log: PluginLog): void {
  const entries = reader.objects("targets");
  if (entries.length == 0) reader.refuseWith("targets must not be empty");
  if (entries.length > MOST_TARGETS) reader.refuse("targets", "must be at most 16");
  for (let i = 0; i < entries.length && !reader.errors.any; i++) {
    const target = readTarget(entries[i]);
    if (target === null) return;
    const name = target.name.toString();
    if (findTarget(config.targets, target.name) !== null) {
      reader.refuseWith("duplicate target name: " + name);
    }
    if (config.strategy == Strategy.Replay && target.cluster.isEmpty) {
      reader.refuseWith("target " + name + ": cluster is required for strategy replay");
    }
    if (target.isExternal && target.credential.keepsClients) {
      log.warn("target " + name + " is external and gets clients' credentials");
    }
    config.add(target);
  }
}

/** Where rules of `errors.onBody` send requests must be known by now, and only `replay` can send them. */
function checkBodyRules(rules: ConfigReader[], config: FallbackConfig, log: PluginLog): void {
  for (let i = 0; i < rules.length; i++) {
    const names = rules[i].texts("targets");
    for (let j = 0; j < names.length; j++) {
      if (findTarget(config.targets, names[j]) !== null) continue;
      rules[i].refuse("targets", "unknown target: " + names[j].toString());
    }
    if (names.length > 0 && config.strategy != Strategy.Replay) {
      log.warn("errors.onBody[].targets is for strategy replay only");
    }
  }
}

/** The target of this name, or null. */
export function findTarget(targets: Target[], name: Slice): Target | null {
  for (let i = 0; i < targets.length; i++) {
    if (targets[i].name.equals(name)) return targets[i];
  }
  return null;
}

/** Reads `maxAttempts`; without it what was known stays. */
function readAttempts(owner: ConfigReader, config: FallbackConfig): void {
  const attempts = owner.integer("maxAttempts", config.maxAttempts, 1);
  const most = config.targets.length;
  if (attempts > most) owner.refuseWith("maxAttempts must not exceed the number of targets");
  config.maxAttempts = <i32>min(attempts, <i64>most);
}

function readModelKey(reader: ConfigReader): KeyPath | null {
  const key = reader.text("modelKey", MODEL_KEY);
  const path = compileKeyPath(key.toString());
  if (path === null) reader.refuse("modelKey", "must be a key, or keys joined by dots");
  return path;
}

/** One of a few words, in the words of the contract. */
function choose(reader: ConfigReader, field: string, words: string[]): i32 {
  const text = reader.text(field, bytes(words[0]));
  for (let i = 0; i < words.length; i++) {
    if (text.equals(bytes(words[i]))) return i;
  }
  reader.refuseWith(field + " must be one of " + words.join(", "));
  return 0;
}

/** `a.b` as hosts want it. */
function nulPath(text: Slice): Slice {
  const path = new Builder(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = <u8>text.at(i);
    path.appendByte(byte == POINT ? 0 : byte);
  }
  return path.toSlice();
}

function warnOfUnknown(reader: ConfigReader, log: PluginLog): void {
  let names = "";
  const members = reader.value.entries();
  while (members.next()) {
    const name = members.key.toString();
    if (name.startsWith("_") || KNOWN.includes(name)) continue;
    names += names.length == 0 ? name : ", " + name;
  }
  if (names.length > 0) log.warn("unknown fields are ignored: " + names);
}
