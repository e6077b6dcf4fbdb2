import { connect as tcpConnect, type Socket } from "node:net";
import { encodeResp, parseResp, type RespValue } from "../abi/resp.js";
import type { RedisConnection, RedisEnv, RedisLogin } from "../types.js";
import { RedisDriver } from "./redis-driver.js";

/** Real time, outside of any gateway; the process runs while a reply is out. */
const REAL: RedisEnv = {
  now: () => Date.now(),
  timer: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  post: (fn) => fn(),
  busy: () => {
    const keep = setInterval(() => undefined, 60_000);
    return () => clearInterval(keep);
  },
};

/** A real server, e.g. `redis://:password@127.0.0.1:6379/1`; what a plugin's login says goes first. */
export class LiveRedis extends RedisDriver {
  constructor(private url: URL) {
    super();
  }

  protected dial(env: RedisEnv, login: RedisLogin): RedisConnection {
    return new TcpConnection(this.url, env, login);
  }

  /**
   * Runs one command outside any plugin, on a connection of its own, with the last plugin's login.
   *
   * @throws Error when the connection breaks
   */
  command(...words: string[]): Promise<RespValue> {
    const connection = this.dial(REAL, this.login);
    return new Promise((resolve, reject) => {
      connection.send(encodeResp(words), (reply) => {
        if (reply) resolve(parseResp(reply)!.value);
        else reject(new Error(`no answer from redis://${this.url.host} to ${words[0]}`));
        connection.close();
      });
    });
  }
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
    this.socket.on("end", () => this.lose());
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
