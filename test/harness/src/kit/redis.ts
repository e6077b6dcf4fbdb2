import { connect as tcpConnect, type Socket } from "node:net";
import { toBinary } from "../abi/text";
import { decodeWords, encodeResp, parseResp, type RespValue } from "../abi/resp";
import type { RedisConnection, RedisEnv, RedisHandler, RedisLogin } from "../types";
import { MemoryRedis } from "./redis-memory";

/** Options of `redis()`. */
export interface RedisOptions {
  /** A real server: `redis://127.0.0.1:6379`. Without it an in-memory server answers. */
  url?: string;
  /** Password the in-memory server wants. */
  password?: string;
}

/** A Redis behind a cluster name, with faults. */
export class Redis implements RedisHandler {
  readonly kind = "redis";
  readonly commands: string[][] = [];
  hasEndpoints = true;
  /** The in-memory server; unused with a URL. */
  readonly memory: MemoryRedis;
  private latencyMs = 0;
  private failures: ("drop" | "never" | Uint8Array)[] = [];
  private connections = new Set<RedisConnection>();
  /** The gateway's clock, once one is connected. */
  private now: () => number = () => Date.now();

  constructor(private options: RedisOptions = {}) {
    this.memory = new MemoryRedis(options.password ?? "");
  }

  /** Fake milliseconds before every reply. */
  after(ms: number): this {
    this.latencyMs = ms;
    return this;
  }

  /** Next command: connection lost (network error), no answer (timeout), or this error reply. */
  fail(how: "drop" | "never" | { error: string } = "drop"): this {
    if (typeof how === "string") this.failures.push(how);
    else this.failures.push(new TextEncoder().encode(`-${how.error}\r\n`));
    return this;
  }

  noEndpoints(): this {
    this.hasEndpoints = false;
    return this;
  }

  connect(env: RedisEnv, login: RedisLogin): RedisConnection {
    const inner = this.options.url
      ? new TcpConnection(new URL(this.options.url), env, login)
      : this.memory.connect(env, login);
    const connection: RedisConnection = {
      send: (query, done) => this.send(env, login, inner, query, done),
      close: () => {
        this.connections.delete(connection);
        inner.close();
      },
      get closed() {
        return inner.closed ?? false;
      },
    };
    this.now = env.now;
    this.connections.add(connection);
    return connection;
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
    const failure = this.failures.shift();
    const later = (reply: Uint8Array | null) =>
      this.latencyMs > 0 ? env.timer(this.latencyMs, () => answer(reply)) : answer(reply);
    if (failure === "never") return;
    if (failure === "drop") later(null);
    else if (failure) later(failure);
    else inner.send(query, later);
  }

  /** Runs one command outside any plugin, e.g. to prepare or inspect state of the memory server. */
  command(...words: string[]): RespValue {
    if (this.options.url)
      throw new TypeError("command() runs on the memory server; this one is real");
    const reply = this.memory.run(words.map(toBinary), this.now());
    return parseResp(reply)!.value;
  }
}

/** A Redis for `clusters`. */
export function redis(options?: RedisOptions): Redis {
  return new Redis(options);
}

/** Raw RESP over TCP; replies are framed and handed back in order. */
class TcpConnection implements RedisConnection {
  private socket: Socket;
  private received = new Uint8Array(0);
  private waiting: { done: (reply: Uint8Array | null) => void; idle: () => void }[] = [];
  closed = false;

  constructor(
    url: URL,
    private env: RedisEnv,
    login: RedisLogin,
  ) {
    this.socket = tcpConnect(Number(url.port || 6379), url.hostname);
    this.socket.setNoDelay(true);
    this.socket.unref();
    this.socket.on("data", (chunk) => this.onData(chunk));
    this.socket.on("error", () => this.lose());
    this.socket.on("close", () => this.lose());
    const password = login.password || decodeURIComponent(url.password);
    const username = login.username || decodeURIComponent(url.username);
    const ignore = () => undefined;
    if (password)
      this.send(encodeResp(["auth", ...(username ? [username] : []), password]), ignore);
    const database = login.database || Number(url.pathname.slice(1) || 0);
    if (database) this.send(encodeResp(["select", String(database)]), ignore);
  }

  send(query: Uint8Array, done: (reply: Uint8Array | null) => void): void {
    if (this.closed) return this.env.post(() => done(null));
    this.waiting.push({ done, idle: this.env.busy() });
    this.socket.write(query);
  }

  private onData(chunk: Uint8Array): void {
    this.received = new Uint8Array(Buffer.concat([this.received, chunk]));
    for (;;) {
      const parsed = this.parse();
      if (!parsed) return;
      const reply = this.received.slice(0, parsed.end);
      this.received = this.received.slice(parsed.end);
      const next = this.waiting.shift();
      if (!next) continue;
      this.env.post(() => next.done(reply));
      next.idle();
    }
  }

  /** One reply, or null while bytes are missing. Nonsense closes the connection. */
  private parse(): ReturnType<typeof parseResp> {
    try {
      return parseResp(this.received);
    } catch {
      this.socket.destroy();
      return null;
    }
  }

  private lose(): void {
    this.closed = true;
    for (const { done, idle } of this.waiting.splice(0)) {
      this.env.post(() => done(null));
      idle();
    }
  }

  close(): void {
    this.closed = true;
    this.socket.destroy();
  }
}
