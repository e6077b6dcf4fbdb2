import { decodeWords } from "../abi/resp.js";
import type { RedisConnection, RedisEnv, RedisHandler, RedisLogin } from "../types.js";

/**
 * How a command fails: the connection is lost, no answer comes, Redis refuses with this error, or it
 * answers with these bytes (RESP) whatever was asked.
 */
export type RedisFailure = "drop" | "never" | { error: string } | { resp: string };

/** A Redis behind a cluster name, with faults; where the answers come from is the subclass's. */
export abstract class RedisDriver implements RedisHandler {
  readonly kind = "redis";
  readonly commands: string[][] = [];
  hasEndpoints = true;
  /** Of the last `proxy_redis_init` or connection. */
  protected login: RedisLogin = { username: "", password: "", database: 0, timeoutMs: 0 };
  private latencyMs = 0;
  private failures: RedisFailure[] = [];

  protected abstract dial(env: RedisEnv, login: RedisLogin): RedisConnection;

  /** Fake milliseconds before every reply. */
  after(ms: number): this {
    this.latencyMs = ms;
    return this;
  }

  /** The next command that has no failure yet. */
  fail(how: RedisFailure = "drop"): this {
    this.failures.push(how);
    return this;
  }

  /** Forgets the failures that have not happened yet. */
  mend(): this {
    this.failures = [];
    return this;
  }

  noEndpoints(): this {
    this.hasEndpoints = false;
    return this;
  }

  configured(_env: RedisEnv, login: RedisLogin): void {
    this.login = login;
  }

  connect(env: RedisEnv, login: RedisLogin): RedisConnection {
    this.configured(env, login);
    const inner = this.dial(env, login);
    return {
      send: (query, done) => this.send(env, login, inner, query, done),
      close: () => inner.close(),
      get closed() {
        return inner.closed ?? false;
      },
    };
  }

  private send(
    env: RedisEnv,
    login: RedisLogin,
    inner: RedisConnection,
    query: Uint8Array,
    done: (reply: Uint8Array | null) => void,
  ): void {
    this.commands.push(decodeWords(query) ?? []);
    let open = true;
    const answer = (reply: Uint8Array | null) => {
      if (!open) return;
      open = false;
      timeout?.cancel();
      done(reply);
    };
    const timeout = login.timeoutMs > 0 ? env.timer(login.timeoutMs, () => answer(null)) : null;
    const later = (reply: Uint8Array | null) =>
      this.latencyMs > 0 ? env.timer(this.latencyMs, () => answer(reply)) : answer(reply);
    const failure = this.failures.shift();
    if (failure === "never") return;
    if (failure === "drop") later(null);
    else if (failure) later(new TextEncoder().encode(bytesOf(failure)));
    else inner.send(query, later);
  }
}

function bytesOf(failure: { error: string } | { resp: string }): string {
  return "resp" in failure ? failure.resp : `-${failure.error}\r\n`;
}
