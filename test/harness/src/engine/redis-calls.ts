import { ByteQueue } from "../abi/byte-queue.js";
import { Status } from "../abi/enums.js";
import type { Started } from "../abi/guest.js";
import { decodeWords } from "../abi/resp.js";
import { toText } from "../abi/text.js";
import type { Callout, RedisConnection, RedisEnv, RedisHandler, RedisLogin } from "../types.js";
import type { Environment } from "./environment.js";
import type { Root } from "./root.js";

interface Entry {
  login: RedisLogin;
  connection: RedisConnection | null;
}

function redisEnv({ scheduler }: Environment): RedisEnv {
  return {
    now: () => scheduler.wallMs(),
    timer: (ms, fn) => scheduler.timer(ms, fn),
    post: (fn) => scheduler.post(fn),
    busy: () => scheduler.busy(),
  };
}

/** Redis configuration and connection of one worker thread, per cluster: the last init wins. */
export class RedisPool {
  private entries = new Map<string, Entry>();

  configure(cluster: string, login: RedisLogin): void {
    const old = this.entries.get(cluster);
    // Unchanged settings leave the connection alone (higress-group/higress#4086).
    if (old && JSON.stringify(old.login) === JSON.stringify(login)) return;
    old?.connection?.close();
    this.entries.set(cluster, { login, connection: null });
  }

  connection(cluster: string, handler: RedisHandler, env: Environment): RedisConnection {
    let entry = this.entries.get(cluster);
    if (!entry) {
      const login = { username: "", password: "", database: 0, timeoutMs: 5000 };
      this.entries.set(cluster, (entry = { login, connection: null }));
    }
    if (entry.connection?.closed) entry.connection = null;
    entry.connection ??= handler.connect(redisEnv(env), entry.login);
    return entry.connection;
  }

  close(): void {
    for (const entry of this.entries.values()) entry.connection?.close();
    this.entries.clear();
  }
}

/** `proxy_redis_*` of one root (harness.md §5.7, host.md §5.8). */
export class RedisCalls {
  private pending = new Map<number, Callout>();
  constructor(
    private root: Root,
    private pool: RedisPool,
  ) {}

  get outstanding(): number {
    return this.pending.size;
  }

  private find(service: string): { cluster: string; handler: RedisHandler | null; query: string } {
    const at = service.indexOf("?");
    const cluster = toText(at < 0 ? service : service.slice(0, at));
    const { env } = this.root.vm;
    const found = env.cluster(cluster);
    const handler = found?.kind === "redis" ? found : env.profile.emulator ? env.anyRedis() : null;
    return { cluster, handler, query: at < 0 ? "" : service.slice(at + 1) };
  }

  init(service: string, username: string, password: string, timeoutMs: number): number {
    const { cluster, handler, query } = this.find(service);
    if (!handler) return Status.BadArgument;
    const database = Number(new URLSearchParams(query).get("db") ?? 0) || 0;
    const login = { username, password, database, timeoutMs };
    this.pool.configure(cluster, login);
    handler.configured?.(redisEnv(this.root.vm.env), login);
    return Status.Ok;
  }

  call(service: string, query: Uint8Array): Started {
    const { cluster, handler } = this.find(service);
    const { vm } = this.root;
    const record: Callout = {
      function: "proxy_redis_call",
      plugin: this.root.pluginName,
      vm: vm.label,
      cluster,
      token: 0,
      status: 0,
      headers: [],
      body: query,
      trailers: [],
      timeoutMs: 0,
      command: decodeWords(query) ?? undefined,
      outcome: undefined,
      at: vm.env.scheduler.wallMs(),
    };
    vm.env.callouts.push(record);
    const refuse = (status: number): Started => {
      Object.assign(record, { status, outcome: "refused" });
      return { status, token: 0 };
    };
    if (!handler) return refuse(Status.BadArgument);
    if (!handler.hasEndpoints) return refuse(Status.InternalFailure);
    const token = vm.newToken(3);
    record.token = token;
    this.pending.set(token, record);
    vm.env.scheduler.post(() => {
      if (!this.pending.has(token)) return;
      const connection = this.pool.connection(cluster, handler, vm.env);
      connection.send(query, (reply) => vm.env.scheduler.post(() => this.deliver(token, reply)));
    });
    return { status: Status.Ok, token };
  }

  private deliver(token: number, reply: Uint8Array | null): void {
    const record = this.pending.get(token);
    if (!record) return;
    this.pending.delete(token);
    const { root } = this;
    const { vm } = root;
    record.outcome = reply ? "ok" : "network error";
    record.doneAt = vm.env.scheduler.wallMs();
    record.response = { headers: [], body: reply ?? new Uint8Array(0), trailers: [] };
    root.redisReply = new ByteQueue(reply ?? new Uint8Array(0));
    const args = [root.id, token, reply ? 0 : 1, reply?.length ?? 0];
    vm.call(root, "proxy_on_redis_call_response", args, () => {
      root.redisReply = null;
    });
  }

  cancelAll(): void {
    for (const record of this.pending.values()) record.outcome = "cancelled";
    this.pending.clear();
  }
}
