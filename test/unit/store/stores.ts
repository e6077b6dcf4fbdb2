import { createHost, redis, upstream, type Host, type HostOptions } from "proxy-wasm-test";
import { RestRedis } from "../../support/rest-redis.js";
import { RedisServer, type RedisOptions } from "../kit/redis-server.js";
import { buildDriver } from "./build.js";

export const PASSWORD = "p4ss";

/** Mid-hour, so that nothing ends unless a test moves the clock. */
export const START = Date.UTC(2026, 4, 5, 10, 15);

/** Every way to a store. */
export const DRIVERS = ["shared", "redis", "upstash", "webdis"] as const;
export type Driver = (typeof DRIVERS)[number];

/** What the driver plugin tells about a reply of the store. */
export interface Reply {
  error?: string;
  cause?: string;
  failure?: number;
  local?: boolean;
  null?: boolean;
  value?: string;
  denied?: number;
  /** `[limit, used, seconds left]`; one number, the size, for a damaged counter. */
  states?: number[][];
}

/** A real Redis and both HTTP fronts of it. */
export class Servers {
  private constructor(
    readonly redis: RedisServer,
    readonly upstash: RestRedis,
    readonly webdis: RestRedis,
  ) {}

  static async start(options: RedisOptions = {}): Promise<Servers> {
    const server = await RedisServer.start(PASSWORD, options);
    const behind = { url: server.url, password: PASSWORD };
    const [upstash, webdis] = await Promise.all([
      RestRedis.start(behind, "upstash"),
      RestRedis.start(behind, "webdis"),
    ]);
    return new Servers(server, upstash, webdis);
  }

  async stop(): Promise<void> {
    this.upstash.stop();
    this.webdis.stop();
    await this.redis.stop();
  }

  /** A gateway with the driver plugin before one of the stores. */
  open(driver: Driver, options: Partial<HostOptions> = {}): Promise<Host> {
    return openDriver(configOf(driver), {
      startTime: START,
      ...options,
      clusters: {
        "outbound|6379||redis.dns": redis({ url: this.redis.url }),
        rest: driver === "webdis" ? this.webdis.url : this.upstash.url,
        ...options.clusters,
      },
    });
  }
}

export function configOf(driver: Driver): object {
  if (driver === "shared") return { store: { type: "shared" } };
  if (driver === "redis") return { redis: { service_name: "redis.dns", password: PASSWORD } };
  return { store: { type: "redis-http", dialect: driver, cluster_name: "rest" } };
}

/** The driver plugin in a Higress gateway, which has all three stores. */
export async function openDriver(
  config: object,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  const wasm = await buildDriver("higress");
  return await createHost({
    profile: "higress-2.2",
    lifecycle: "single",
    logLevel: "info",
    ...options,
    plugins: [{ wasm, name: "driver", vmId: "one", config: JSON.stringify(config) }],
    clusters: { backend: upstream().reply(200), ...options.clusters },
  });
}

/** Asks the store of a gateway. */
export async function ask(host: Host, what: object, worker?: number): Promise<Reply> {
  const headers = { "x-ask": JSON.stringify(what) };
  const reply = await host.fetch("/", worker === undefined ? { headers } : { headers, worker });
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text()}`);
  const { tag: _tag, ...rest } = reply.json() as Reply & { tag: number };
  return rest;
}
