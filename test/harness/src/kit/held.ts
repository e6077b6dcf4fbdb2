import type {
  Cluster,
  RedisConnection,
  RedisHandler,
  UpstreamHandler,
  UpstreamSink,
} from "../types.js";

/** What one request to an upstream, or one connection to a Redis, has to say and may not say yet. */
export interface HeldAnswer {
  /** `auth 2`: the second request that cluster `auth` got. */
  name: string;
  /** False when there is nothing to say, or nobody left to hear it. */
  readonly ready: boolean;
  /** Says the next thing: headers, a chunk, trailers, the end of the connection, one reply. */
  release(): void;
}

/** Clusters whose answers wait until somebody releases them, each in its own order. */
export class HeldClusters {
  /** False: answers go through at once. */
  holding = false;
  readonly answers: HeldAnswer[] = [];
  private readonly counts = new Map<string, number>();

  /** The same clusters, held. A server of its own (a URL) keeps its own time. */
  hold(clusters: Record<string, Cluster>): Record<string, Cluster> {
    return Object.fromEntries(
      Object.entries(clusters).map(([name, cluster]) => [name, this.holdOne(name, cluster)]),
    );
  }

  private holdOne(name: string, cluster: Cluster): Cluster {
    if (typeof cluster === "string" || cluster instanceof URL) return cluster;
    // Its targets are held, by their own names.
    if (cluster.kind === "targets") return cluster;
    return cluster.kind === "redis"
      ? this.holdRedis(name, cluster)
      : this.holdUpstream(name, cluster);
  }

  private holdUpstream(name: string, handler: UpstreamHandler): UpstreamHandler {
    const open: UpstreamHandler["open"] = (request, sink, onComplete) =>
      handler.open(request, this.holdSink(name, sink), onComplete);
    return replacing(handler, "open", open);
  }

  private holdSink(name: string, sink: UpstreamSink): UpstreamSink {
    const say = this.add(name, () => sink.closed);
    return {
      headers: (headers, end) => say(() => sink.headers(headers, end)),
      data: (chunk, end) => say(() => sink.data(chunk, end)),
      trailers: (trailers) => say(() => sink.trailers(trailers)),
      metadata: (metadata) => say(() => sink.metadata(metadata)),
      reset: (reason) => say(() => sink.reset(reason)),
      after: (ms, fn) => sink.after(ms, fn),
      busy: () => sink.busy(),
      fail: (error) => sink.fail(error),
      onCancel: (fn) => sink.onCancel(fn),
      get closed() {
        return sink.closed;
      },
    };
  }

  private holdRedis(name: string, handler: RedisHandler): RedisHandler {
    const connect: RedisHandler["connect"] = (env, login) => {
      const inner = handler.connect(env, login);
      const say = this.add(name, () => inner.closed ?? false);
      const held: RedisConnection = {
        send: (query, done) => inner.send(query, (reply) => say(() => done(reply))),
        close: () => inner.close(),
        get closed() {
          return inner.closed ?? false;
        },
      };
      return held;
    };
    return replacing(handler, "connect", connect);
  }

  /** Somebody who answers; the result takes what there is to say. */
  private add(cluster: string, closed: () => boolean): (act: () => void) => void {
    const waiting: (() => void)[] = [];
    const count = (this.counts.get(cluster) ?? 0) + 1;
    this.counts.set(cluster, count);
    this.answers.push({
      name: `${cluster} ${count}`,
      get ready() {
        return waiting.length > 0 && !closed();
      },
      release: () => waiting.shift()?.(),
    });
    return (act) => {
      if (this.holding) waiting.push(act);
      else act();
    };
  }
}

/** The object with another method; everything else is still its own. */
function replacing<T extends object, K extends keyof T>(object: T, name: K, method: T[K]): T {
  return new Proxy(object, {
    get: (target, key) => (key === name ? method : (Reflect.get(target, key) as unknown)),
  });
}
