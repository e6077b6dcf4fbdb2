import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { listOf } from "@ai-gateway-wasm/as-json";
import { ConfigReader, PluginLog, readPeerHeader, textsOf } from "@ai-gateway-wasm/kit";
import {
  DEFAULT_SUFFIXES,
  ModelKey,
  ModelMapping,
  PathSuffixes,
  readMappingOrder,
  readModelKey,
  readModelMapping,
} from "@ai-gateway-wasm/llm/model";
import { FINAL_MODEL_HEADER } from "./names";

const OFF: Slice = bytes("-");
const BODY_PHASES: string[] = ["auto", "hold_headers", "stream_headers"];
const STREAM_HEADERS: i32 = 2;
const DEFAULT_BODY_BYTES: i64 = 104857600;

/** One configuration: of the whole plugin or of one rule. */
@final
export class MapperConfig {
  readonly paths: PathSuffixes;
  /** Gets the name that the upstream is asked for; null: none does. */
  readonly modelHeader: Slice | null;
  /** Null: names stay. */
  readonly mapping: ModelMapping | null;
  readonly mapsForms: bool;
  /** False: headers are gone when the body comes (host.md 6.6), so only the body is mapped. */
  readonly holdsHeaders: bool;
  /** What Higress may hold of a body. */
  readonly maxBodyBytes: i64;

  constructor(
    config: ConfigReader,
    readonly key: ModelKey,
    log: PluginLog,
  ) {
    this.mapping = readModelMapping(config, readMappingOrder(config));
    this.paths = readPaths(config);
    this.modelHeader = readHeader(config, log);
    this.mapsForms = config.flag("multipart", true);
    this.holdsHeaders = config.choice("body_phase", BODY_PHASES, 0) != STREAM_HEADERS;
    this.maxBodyBytes = config.integer("maxBodyBytes", DEFAULT_BODY_BYTES, 1, i32.MAX_VALUE);
  }
}

/** Null when it is refused; the reason is noted in the reader. */
export function parseConfig(config: ConfigReader, log: PluginLog): MapperConfig | null {
  const key = readModelKey(config);
  if (key === null) return null;
  const parsed = new MapperConfig(config, key, log);
  return config.errors.any ? null : parsed;
}

/** Here `*` is a character like any other, unlike in model-router. */
function readPaths(config: ConfigReader): PathSuffixes {
  const value = config.find("enableOnPathSuffix");
  if (value === null) return new PathSuffixes(DEFAULT_SUFFIXES);
  if (!value.isArray) config.refuseWith("enableOnPathSuffix must be an array");
  return new PathSuffixes(textsOf(listOf(value)));
}

/** As in the peer only `-` is none: what cannot be a name leaves the default. */
function readHeader(config: ConfigReader, log: PluginLog): Slice | null {
  const name = readPeerHeader(config, "modelToHeader", log);
  if (name.equals(OFF)) return null;
  return name.isEmpty ? FINAL_MODEL_HEADER : name;
}
