import { JsonValue, listOf } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog, readPeerHeader, textsOf } from "@ai-gateway-wasm/kit";
import {
  DEFAULT_SUFFIXES,
  MappingOrder,
  ModelKey,
  ModelMapping,
  PathSuffixes,
  readMappingOrder,
  readModelKey,
  readModelMapping,
} from "@ai-gateway-wasm/llm/model";
import { AutoRouting, readAutoRouting } from "./auto-routing";
import { MODEL_HEADER } from "./names";
import { SplitParser } from "./split/parser";
import { Split } from "./split/split";

const ON_AMBIGUOUS: string[] = ["rewrite", "reject"];
const SCANS: string[] = ["full", "early"];
const BODY_PHASES: string[] = ["auto", "hold_headers", "stream_headers"];
const STREAM_HEADERS: i32 = 2;
const DEFAULT_BODY_BYTES: i64 = 104857600;

/** One configuration: of the whole plugin or of one rule. */
@final
export class RouterConfig {
  readonly paths: PathSuffixes;
  /** Gets the model; empty: none does. */
  readonly modelHeader: Slice;
  /** Gets what stands before the model's first slash; empty: nothing is cut. */
  readonly providerHeader: Slice;
  /** The body keeps `provider/model`. */
  readonly keepsFullName: bool;
  /** Null: off. */
  readonly autoRouting: AutoRouting | null;
  /** Null: names stay. */
  readonly mapping: ModelMapping | null;
  /** Null: every model keeps its traffic. */
  readonly split: Split | null;
  /** Headers that only this plugin may write. */
  readonly strippedHeaders: Slice[] = [];
  readonly readsForms: bool;
  /** Refuse a body that names its model more than once. */
  readonly refusesAmbiguous: bool;
  /** Let a body go as soon as its model is known; false: hold it until it is complete. */
  readonly scansEarly: bool;
  /** What Higress may hold of a body. */
  readonly maxBodyBytes: i64;

  constructor(
    config: ConfigReader,
    readonly key: ModelKey,
    log: PluginLog,
  ) {
    this.paths = readPaths(config.find("enableOnPathSuffix"));
    this.modelHeader = readPeerHeader(config, "modelToHeader", log);
    this.providerHeader = readPeerHeader(config, "addProviderHeader", log);
    this.keepsFullName = config.flag("keepOriginalModelName");
    this.autoRouting = readAutoRouting(config.object("autoRouting"), log);
    const order = readMappingOrder(config);
    this.mapping = readModelMapping(config, order);
    this.readsForms = config.flag("multipart", true);
    this.refusesAmbiguous = config.choice("onAmbiguousModel", ON_AMBIGUOUS, 0) == 1;
    this.maxBodyBytes = config.integer("maxBodyBytes", DEFAULT_BODY_BYTES, 1, i32.MAX_VALUE);
    this.split = readSplit(config, order, !this.providerHeader.isEmpty);
    const isEarly = config.choice("scan", SCANS, 0) == 1;
    this.scansEarly = isEarly && !this.refusesAmbiguous && !readsBodies(this.split);
    if (config.flag("stripClientHeaders", config.has("split"))) this.stripHeaders();
  }

  private stripHeaders(): void {
    this.stripHeader(this.modelHeader);
    this.stripHeader(this.providerHeader);
    if (this.autoRouting !== null) this.stripHeader(MODEL_HEADER);
    const split = this.split;
    if (split === null) return;
    this.stripHeader(split.tagHeader);
    this.stripHeader(split.ruleHeader);
    this.stripHeader(split.clusterHeader);
  }

  private stripHeader(name: Slice): void {
    if (!name.isEmpty) this.strippedHeaders.push(name);
  }
}

/** Null when it is refused; the reason is noted in the reader. */
export function parseConfig(config: ConfigReader, log: PluginLog): RouterConfig | null {
  const key = readModelKey(config);
  if (key === null) return null;
  if (config.choice("body_phase", BODY_PHASES, 0) == STREAM_HEADERS) {
    config.refuse("body_phase", "routing by body needs held headers");
    return null;
  }
  const parsed = new RouterConfig(config, key, log);
  return config.errors.any ? null : parsed;
}

/** What is no list leaves the default, as in the peer. */
function readPaths(value: JsonValue | null): PathSuffixes {
  if (value === null || !value.isArray) return new PathSuffixes(DEFAULT_SUFFIXES);
  return PathSuffixes.withStar(textsOf(listOf(value)));
}

function readSplit(config: ConfigReader, order: MappingOrder, hasProvider: bool): Split | null {
  const part = config.object("split");
  if (part === null) return null;
  const attempt = part.attempt();
  const split = new SplitParser(attempt, order, hasProvider).parse();
  if (attempt.errors.any) config.refuseWith("model-router: " + attempt.errors.message);
  return split;
}

/** True when a rule of the split looks at more of a body than its model. */
function readsBodies(split: Split | null): bool {
  return split !== null && split.paths.size > 0;
}
