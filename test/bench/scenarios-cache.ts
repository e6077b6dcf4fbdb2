import type { Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import type { Limit } from "./report.js";
import { plugin, type Scenario } from "./scenarios.js";
import {
  DIRECT_ANSWER,
  JSON_ANSWER,
  STREAM_ANSWER,
  STREAM_REQUEST,
  type Traffic,
} from "./traffic.js";

// ai-cache with its table in the gateway, and with Redis behind HTTP. A hit is compared with an answer
// of the same size that Envoy gives by itself, all else with the same requests without filter.

const ONE = ["consumer-0"];
/** More than a table of one entry holds. */
const MANY = Array.from({ length: 500 }, (_, i) => `consumer-${i}`);

const TABLE = { cache: { type: "memory" } };
/** Each answer takes the place of the one before. */
const TINY = { cache: { type: "memory", memory: { maxEntries: 1, ways: 1 } } };
const rest = (pathPrefix: string) => ({
  cache: { type: "redis-http", cluster: "upstream", pathPrefix },
});

interface Kind {
  name: string;
  base: string;
  traffic: Traffic;
  config: object;
  keys: string[];
  /** The model is asked. */
  reachesModel: boolean;
  limit?: Limit;
}

function row({ name, base, traffic, config, keys, reachesModel, limit }: Kind): Scenario {
  return {
    name,
    base,
    limit,
    traffic,
    module: plugin("ai-cache"),
    filters: (module) => [wasmFilter(module, JSON.stringify(config))],
    keys,
    prove: (envoy) => prove(envoy, traffic, keys, reachesModel),
  };
}

const HIT = { keys: ONE, reachesModel: false };
const MISS = { keys: MANY, reachesModel: true };
const DIRECT = "direct answer";
const JSON_BASE = "no filter, JSON";
const STREAM_BASE = "no filter, stream";
const QUICK: Limit = { addedMicroseconds: 60 };

export const CACHE_SCENARIOS: Scenario[] = [
  { name: DIRECT, traffic: DIRECT_ANSWER, filters: () => [], keys: ONE },
  row({
    ...HIT,
    name: "ai-cache hit, JSON",
    base: DIRECT,
    traffic: JSON_ANSWER,
    config: TABLE,
    limit: QUICK,
  }),
  row({
    ...HIT,
    name: "ai-cache hit, stream",
    base: DIRECT,
    traffic: STREAM_REQUEST,
    config: TABLE,
    limit: QUICK,
  }),
  row({
    ...MISS,
    name: "ai-cache miss, JSON",
    base: JSON_BASE,
    traffic: JSON_ANSWER,
    config: TINY,
    limit: { addedMicroseconds: 40 },
  }),
  row({
    ...MISS,
    name: "ai-cache miss, stream",
    base: STREAM_BASE,
    traffic: STREAM_ANSWER,
    config: TINY,
    limit: { timesNone: 1.15 },
  }),
  row({
    ...MISS,
    name: "ai-cache bypass, JSON",
    base: JSON_BASE,
    traffic: JSON_ANSWER,
    config: { ...TABLE, maxKeyBytes: 16 },
  }),
  row({
    ...HIT,
    name: "ai-cache over HTTP hit, JSON",
    base: DIRECT,
    traffic: JSON_ANSWER,
    config: rest("/redis-hit"),
  }),
  row({
    ...HIT,
    name: "ai-cache over HTTP hit, stream",
    base: DIRECT,
    traffic: STREAM_REQUEST,
    config: rest("/redis-hit"),
  }),
  row({
    ...MISS,
    name: "ai-cache over HTTP miss, JSON",
    base: JSON_BASE,
    traffic: JSON_ANSWER,
    config: rest("/redis"),
  }),
  row({
    ...MISS,
    name: "ai-cache over HTTP miss, stream",
    base: STREAM_BASE,
    traffic: STREAM_ANSWER,
    config: rest("/redis"),
  }),
  row({
    ...MISS,
    name: "ai-cache over HTTP bypass, JSON",
    base: JSON_BASE,
    traffic: JSON_ANSWER,
    config: { ...rest("/redis"), maxKeyBytes: 16 },
  }),
];

/** The second request of a consumer shows who answers; Envoy says the time of upstreams. */
async function prove(
  envoy: Envoy,
  traffic: Traffic,
  keys: string[],
  reachesModel: boolean,
): Promise<void> {
  let asked = false;
  for (const key of [...keys.slice(0, 2), keys[0] ?? ""]) {
    const headers = { [traffic.keyHeader]: key };
    const answer = await envoy.request(traffic.path, headers, traffic.body);
    asked = "x-envoy-upstream-service-time" in answer.headers;
  }
  if (asked !== reachesModel)
    throw new Error(asked ? "there was no hit" : "the model was not asked");
}
