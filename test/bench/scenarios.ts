import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { buildPlugins } from "../../build/tools/build.js";
import { Problem } from "../../build/tools/fetch.js";
import type { Envoy, Filter } from "./envoy.js";
import { fixture } from "./fixtures.js";
import type { Limit } from "./report.js";
import type { Traffic } from "./traffic.js";
import { consumers, luaFilter, nativeFilter, wasmFilter, type Consumer } from "./filters.js";

/** One row of the benchmark: an Envoy with these filters. */
export interface Scenario {
  name: string;
  /** Modules the row needs; their sizes are reported. */
  module?: () => Promise<string>;
  /** Files of all modules, where there are several; `module` builds them. */
  allModules?: string[];
  filters: (module: string) => Filter[];
  /** Filters of the upstream's chain; none by default. */
  upstreamFilters?: (module: string) => Filter[];
  /** What is sent; `DIRECT` by default. */
  traffic?: Traffic;
  /** Name of the row without the filter; `NO_FILTER` by default. */
  base?: string;
  /** Values of the traffic's key header, sent in turn. */
  keys: string[];
  /** The filter must refuse an unknown key and name the consumer of a known one. */
  authenticates?: boolean;
  /** Throws unless the filter does its work. */
  prove?: (envoy: Envoy) => Promise<void>;
  /** What was promised of the row. */
  limit?: Limit;
  /** What one request does so many times that the cost must be divided; 1 by default. */
  times?: number;
}

/** Rows that others are compared with. */
export const NO_FILTER = "no filter";
/** A plugin that overrides nothing, as SDKs build it: they export every callback. The reference. */
export const EMPTY = "empty (all callbacks)";
/** The leanest filter that is still called for each request. */
export const EMPTY_LEAN = "empty (headers callback)";
export const EMPTY_NO_CALLBACKS = "empty (no callbacks)";
/** The host calls that authentication cannot do without, and no code between them. */
export const FLOOR = "its host calls alone";

/** A filter that only reads each part of a stream: the floor of any that looks at one. */
export const READS_STREAM = "reads the answer, stream";

/** How the rows of modules given with `--peer` begin. They are measured whatever `--only` says. */
export const PEER = "peer ";

/** At most this many different keys are sent, spread over all consumers. */
const KEYS_SENT = 500;

const FEW = consumers(10);
const MANY = consumers(10_000);

function keysOf(known: Consumer[]): string[] {
  const step = Math.max(1, Math.floor(known.length / KEYS_SENT));
  return known.filter((_, i) => i % step === 0).map(({ key }) => key);
}

/** The module of a plugin for plain Envoy, built when it is older than its source. */
export function plugin(name: string): () => Promise<string> {
  return async () => {
    await buildPlugins([name], ["envoy"]);
    return `build/envoy/${name}.wasm`;
  };
}

function keyAuth(name: string, known: Consumer[], extra: object = {}, hashed = false): Scenario {
  const config = {
    global_auth: true,
    keys: ["x-api-key"],
    in_header: true,
    consumers: known.map(({ name, key }) =>
      hashed
        ? { name, hash: `sha256:${createHash("sha256").update(key).digest("hex")}` }
        : { name, credential: key },
    ),
    ...extra,
  };
  return {
    name,
    module: plugin("key-auth"),
    filters: (module) => [wasmFilter(module, JSON.stringify(config))],
    keys: keysOf(known),
    authenticates: true,
  };
}

/** Every plugin has a row here; a new one adds its own. */
export const SCENARIOS: Scenario[] = [
  { name: NO_FILTER, filters: () => [], keys: keysOf(FEW) },
  {
    name: EMPTY_NO_CALLBACKS,
    module: () => fixture("empty"),
    filters: (module) => [wasmFilter(module, "")],
    keys: keysOf(FEW),
  },
  {
    name: EMPTY_LEAN,
    module: () => fixture("empty-headers"),
    filters: (module) => [wasmFilter(module, "")],
    keys: keysOf(FEW),
  },
  {
    name: EMPTY,
    module: () => fixture("empty-all"),
    filters: (module) => [wasmFilter(module, "")],
    keys: keysOf(FEW),
  },
  {
    name: FLOOR,
    module: () => fixture("host-calls"),
    filters: (module) => [wasmFilter(module, "")],
    keys: keysOf(FEW),
  },
  {
    name: "native api_key_auth, 10 keys",
    filters: () => [nativeFilter(FEW)],
    keys: keysOf(FEW),
    authenticates: true,
  },
  {
    name: "native api_key_auth, 10000 keys",
    filters: () => [nativeFilter(MANY)],
    keys: keysOf(MANY),
    authenticates: true,
  },
  {
    name: "Lua, 10 keys",
    filters: () => [luaFilter(FEW)],
    keys: keysOf(FEW),
    authenticates: true,
  },
  {
    name: "Lua, 10000 keys",
    filters: () => [luaFilter(MANY)],
    keys: keysOf(MANY),
    authenticates: true,
  },
  keyAuth("key-auth, 10 consumers", FEW),
  keyAuth("key-auth, 10000 consumers", MANY),
  keyAuth("key-auth, 10 hashed keys", FEW, {}, true),
  keyAuth("key-auth, one route rule", FEW, {
    _rules_: [{ _match_route_: ["bench", "check"], allow: FEW.map(({ name }) => name) }],
  }),
];

/**
 * A module of somebody else as `name=path.wasm[,config.json]`; sent the keys of the ten consumers.
 *
 * @throws Problem when the text has another form or a file is missing
 */
export function peer(text: string): Scenario {
  const match = /^([^=]+)=([^,]+)(?:,(.+))?$/.exec(text);
  const [, name = "", path = "", configPath] = match ?? [];
  if (!match) throw new Problem(`--peer ${text}: expected name=path.wasm[,config.json]`);
  for (const file of configPath ? [path, configPath] : [path]) {
    if (!existsSync(file)) throw new Problem(`--peer ${text}: ${file} does not exist`);
  }
  const config = configPath
    ? readFileSync(configPath, "utf8")
    : JSON.stringify({
        global_auth: true,
        keys: ["x-api-key"],
        in_header: true,
        consumers: FEW.map(({ name, key }) => ({ name, credential: key })),
      });
  return {
    name: PEER + name,
    module: async () => path,
    filters: (module) => [wasmFilter(module, config)],
    keys: keysOf(FEW),
  };
}
