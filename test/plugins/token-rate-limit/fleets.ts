import { redis, type Host, type LiveRedis, type StreamHandle } from "proxy-wasm-test";
import { RestRedis, type RestDialect } from "../../support/rest-redis.js";
import { RedisServer } from "../../unit/kit/redis-server.js";
import {
  CHAT,
  gateway,
  type GatewayOptions,
  higress,
  JSON_TYPE,
  REDIS_CLUSTER,
  SHARED,
} from "./support.js";

export const PASSWORD = "p4ss";
export const LIMIT = 1000;
/** The prompt is one token, the body says how long the answer may be. */
export const RESERVING = {
  reservation: { enabled: true, read_body: true, bytes_per_token: 1000 },
  global_threshold: { token_per_hour: LIMIT },
  response_headers: "openai",
};

let server: RedisServer;
const fronts = {} as Record<RestDialect, RestRedis>;

/** Starts the Redis of the fleets, with both HTTP fronts. */
export async function startStores(): Promise<void> {
  server = await RedisServer.start(PASSWORD);
  const behind = { url: server.url, password: PASSWORD };
  for (const dialect of ["upstash", "webdis"] as const) {
    fronts[dialect] = await RestRedis.start(behind, dialect);
  }
}

export async function stopStores(): Promise<void> {
  for (const front of Object.values(fronts)) front.stop();
  await server.stop();
}

/** That Redis, for `clusters` of Higress. */
export function liveRedis(): LiveRedis {
  return redis({ url: server.url });
}

export type Open = (options: GatewayOptions, more?: object) => Promise<Host[]>;

let count = 0;

/** A `rule_name` that nobody else has. */
export function nextName(): string {
  return `f${count++}`;
}

/** Gateways that count together. */
export const FLEETS: [string, Open][] = [
  [
    "workers with shared data",
    async (options, more = {}) => {
      const all = { lifecycle: "envoy", workers: 3, ...options } as const;
      return [await gateway({ ...SHARED, ...RESERVING, ...more }, all)];
    },
  ],
  [
    "gateways with Redis",
    async (options, more = {}) => {
      const redisBlock = { service_name: "redis.dns", password: PASSWORD };
      const config = { rule_name: nextName(), redis: redisBlock, ...RESERVING, ...more };
      const open = async (): Promise<Host> => {
        const clusters = { [REDIS_CLUSTER]: liveRedis(), ...options.clusters };
        return (await higress(config, { workers: 2, lifecycle: "envoy", ...options, clusters }))
          .host;
      };
      return [await open(), await open()];
    },
  ],
  ["gateways with Upstash", overHttp("upstash")],
  ["gateways with Webdis", overHttp("webdis")],
];

function overHttp(dialect: RestDialect): Open {
  return async (options, more = {}) => {
    const store = { type: "redis-http", dialect, cluster_name: "rest", timeout: 10_000 };
    const config = { rule_name: nextName(), store, ...RESERVING, ...more };
    const clusters = { rest: fronts[dialect].url, ...options.clusters };
    const all = { workers: 2, lifecycle: "envoy", ...options, clusters } as const;
    return [await gateway(config, all), await gateway(config, all)];
  };
}

export function body(completion: number): string {
  return `{"model":"m","max_tokens":${completion}}`;
}

/** What is left, as a request without a body learns it: it reserves nothing. */
export async function remaining(host: Host): Promise<number> {
  const reply = await host.fetch("/v1/models").settle(60_000);
  return Number(reply.headers.get("x-ratelimit-remaining-tokens"));
}

/** Sends a request whose answer may have so many tokens. */
export async function send(host: Host, worker: number, completion: number): Promise<StreamHandle> {
  const text = body(completion);
  const headers = { ...JSON_TYPE, "content-length": String(text.length) };
  const stream = host.stream(`POST ${CHAT}`, { worker, headers });
  await stream.headers();
  await stream.data(text, { end: true });
  return stream;
}
