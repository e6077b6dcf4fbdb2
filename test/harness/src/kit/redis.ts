import { parseResp, type RespValue } from "../abi/resp.js";
import { toBinary } from "../abi/text.js";
import type { RedisConnection, RedisEnv, RedisLogin } from "../types.js";
import { DEFAULT_START } from "./default-start.js";
import { RedisDriver } from "./redis-driver.js";
import { LiveRedis } from "./redis-live.js";
import { MemoryRedis } from "./redis-memory.js";

/** Options of `redis()`. */
export interface RedisOptions {
  /** Password the in-memory server wants. */
  password?: string;
}

/** A Redis in memory. */
export class Redis extends RedisDriver {
  readonly memory: MemoryRedis;
  /** The gateway's clock once a plugin has logged in; before that, where a fake clock starts. */
  private now: () => number = () => DEFAULT_START;

  constructor(options: RedisOptions = {}) {
    super();
    this.memory = new MemoryRedis(options.password ?? "");
  }

  override configured(env: RedisEnv, login: RedisLogin): void {
    super.configured(env, login);
    this.now = env.now;
  }

  protected dial(env: RedisEnv, login: RedisLogin): RedisConnection {
    return this.memory.connect(env, login);
  }

  /**
   * Runs one command outside any plugin, to prepare or inspect state: at the gateway's time and in
   * the database of the last plugin that logged in (before that: 0).
   */
  command(...words: string[]): RespValue {
    const reply = this.memory.run(words.map(toBinary), this.now(), this.login.database);
    return parseResp(reply)!.value;
  }
}

/** A Redis for `clusters`: in memory, or the real server behind a URL. */
export function redis(options: { url: string }): LiveRedis;
export function redis(options?: RedisOptions): Redis;
export function redis(options: RedisOptions & { url?: string } = {}): Redis | LiveRedis {
  return options.url ? new LiveRedis(new URL(options.url)) : new Redis(options);
}
