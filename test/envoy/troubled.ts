import { askRedis } from "../support/ask-redis.js";
import type { RestDialect } from "../support/rest-redis.js";
import { LIMIT, PLENTY, type Budgets } from "./budgets.js";
import { Crowd, type Call } from "./crowd.js";
import { startGateway, type Gateway } from "./gateway.js";
import type { MeteredModel } from "./metered-model.js";

const CLIENTS = 8;
/** Tokens of one request. */
export const COST = 15;
/** How long the gateway waits for the store, if a drill does not say. */
const TIMEOUT_MS = 250;
const DAY_MS = 86_400_000;
const TRAPPED = /^Function: \S+ failed: /;
export const PATIENCE = { timeout: 20_000, interval: 50 };

/** `fail_mode`. */
export const MODES = ["open", "closed", "local"] as const;
export type Mode = (typeof MODES)[number];

/** What is said to a request that the store cannot judge, with `closed`. */
export const CLOSED = {
  "token-rate-limit": { status: 503, body: "rate limit store unavailable" },
  "token-quota": { status: 403, body: "Request denied by ai quota check, No quota left" },
};

/** A Redis behind HTTP. */
export interface TroubledStore {
  dialect: RestDialect;
  /** Where gateways find it. */
  port: number;
  redis: { readonly url: string; readonly password: string };
}

export interface TroubledOptions {
  budgets: Budgets;
  mode: Mode;
  store: TroubledStore;
  model: MeteredModel;
  /** Of each consumer; default: nobody empties it. */
  budget?: number;
  /** How long the gateway waits for the store. */
  timeoutMs?: number;
  /** Of each plugin; default 8. */
  clients?: number;
  /** Further fields of the plugin's configuration. */
  config?: object;
}

/** A plugin in a gateway of two workers before a model, with a store that fails, and clients of it. */
export class Troubled {
  private constructor(
    private readonly options: TroubledOptions,
    private readonly gateway: Gateway,
    readonly crowd: Crowd,
  ) {}

  static async start(options: TroubledOptions): Promise<Troubled> {
    return (await Troubled.startAll(options, [options.budgets]))[0]!;
  }

  /** Several plugins in one gateway: each has requests of its own, which its clients send. */
  static async startAll(
    options: Omit<TroubledOptions, "budgets">,
    all: readonly Budgets[],
  ): Promise<Troubled[]> {
    const gateway = await startGateway({
      plugins: all.map((budgets) => pluginOf({ ...options, budgets })),
      upstreamPort: options.model.port,
      clusters: { rest: options.store.port },
      workers: 2,
    });
    return all.map((budgets) => {
      const crowd = new Crowd(gateway.port, options.clients ?? CLIENTS, budgets.name);
      return new Troubled({ ...options, budgets }, gateway, crowd);
    });
  }

  /** Where its store is found. */
  get port(): number {
    return this.options.store.port;
  }

  /** Ends the whole gateway. */
  async stop(): Promise<void> {
    this.crowd.leave();
    await this.gateway.envoy.stop();
  }

  callOf(consumer: string): Call {
    return { consumer, plan: { input: 10, output: 5, answer: "json" }, maxTokens: 5 };
  }

  /** Sends so many requests at once, one after the other per client; answers their statuses. */
  async load(call: Call, requests: number): Promise<number[]> {
    const statuses: number[] = [];
    let left = requests;
    await this.crowd.run(() => (last) => {
      if (last) statuses.push(last.status);
      return left-- > 0 ? call : null;
    });
    return statuses;
  }

  /** What a consumer was charged, as Redis has it. */
  async charged(consumer: string): Promise<number> {
    const { budgets, store, budget = PLENTY } = this.options;
    const { url, password } = store.redis;
    const isLimit = budgets === LIMIT;
    if (isLimit) {
      const key = `higress-token-ratelimit:{load}:limit_by_per_consumer:86400:x-mse-consumer:${consumer}`;
      // A sliding window has the number of its day; midnight may have passed meanwhile.
      const today = Math.floor(Date.now() / DAY_MS);
      const keys = [key, `${key}:${today}`, `${key}:${today - 1}`];
      const counts = (await askRedis(url, password, ["mget", ...keys])) as (string | null)[];
      return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
    }
    const text = await askRedis(url, password, ["get", `chat_quota:${consumer}`]);
    return text === null ? 0 : budget - Number(text);
  }

  /** What Envoy says of a module that ended with a trap. */
  traps(): string[] {
    return this.gateway.envoy.log.map(({ text }) => text).filter((text) => TRAPPED.test(text));
  }

  /** Commands that the plugin counts as failed. @param reason only those, such as `open` */
  async errors(reason = ""): Promise<number> {
    const found = await this.metrics(`store_errors_${reason}.*`);
    return [...found.values()].reduce((sum, count) => sum + count, 0);
  }

  /** 1 while the breaker that changed last is open. */
  async breaker(): Promise<number> {
    return [...(await this.metrics("store_breaker_open")).values()][0] ?? 0;
  }

  private metrics(pattern: string): Promise<Map<string, number>> {
    const plugin = this.options.budgets.name.replaceAll("-", "_");
    return this.gateway.envoy.stats(`^wasmcustom\\.${plugin}_${pattern}$`);
  }

  /** Commands on their way to the store. */
  async pending(): Promise<number> {
    const found = await this.gateway.envoy.stats("^cluster\\.rest\\.upstream_rq_active$");
    return [...found.values()][0] ?? 0;
  }
}

function pluginOf(options: TroubledOptions): { name: string; config: string; file: string } {
  const { budgets, mode, store, budget = PLENTY, timeoutMs = TIMEOUT_MS } = options;
  const { name } = budgets;
  const { dialect } = store;
  const rest = { type: "redis-http", dialect, cluster_name: "rest", timeout: timeoutMs };
  const rule = {
    _match_domain_: [name],
    ...budgets.config(rest, budget),
    fail_mode: mode,
    usage_report: undefined,
    ...options.config,
  };
  const config = JSON.stringify({ _rules_: [rule] });
  return { name, config, file: `build/envoy/${name}.wasm` };
}
