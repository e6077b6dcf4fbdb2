import { ByteQueue } from "../abi/byte-queue.js";
import { Status } from "../abi/enums.js";
import type { HttpCallRequest, Started } from "../abi/guest.js";
import { HeaderList } from "../abi/header-list.js";
import { toText } from "../abi/text.js";
import type { Callout, HeaderPair } from "../types.js";
import { GrpcCalls } from "./grpc-calls.js";
import type { Timer } from "./environment.js";
import type { Root } from "./root.js";
import { targetOf } from "./targets.js";
import { UpstreamExchange } from "./upstream-exchange.js";
import type { VmContext } from "./vm.js";

const encoder = new TextEncoder();

interface Pending {
  record: Callout;
  /** Context that made the call. */
  caller: VmContext | null;
  exchange: UpstreamExchange;
  timer: Timer | null;
}

export const textPairs = (pairs: readonly HeaderPair[]): HeaderPair[] =>
  pairs.map(([n, v]) => [toText(n), toText(v)]);

/** Body of the reply Envoy makes when an upstream fails before headers. */
export function resetText(reason: string, retried = false): string {
  const which = retried ? "retried and the latest " : "";
  return `upstream connect error or disconnect/reset before headers. ${which}reset reason: ${reason}`;
}

/** Status of that reply. */
export function statusOfReset(reason: string): number {
  return reason === "protocol error" ? 502 : 503;
}

/** Outstanding http call-outs of one root (harness.md §6.8). */
export class CalloutTable {
  readonly grpc: GrpcCalls;
  private pending = new Map<number, Pending>();

  constructor(private root: Root) {
    this.grpc = new GrpcCalls(root);
  }

  get outstanding(): number {
    return this.pending.size + this.grpc.outstanding;
  }

  httpCall(request: HttpCallRequest): Started {
    const { vm } = this.root;
    const { env } = vm;
    const headers = new HeaderList(request.headers, !env.profile.emulator);
    const record: Callout = {
      function: "proxy_http_call",
      plugin: this.root.pluginName,
      vm: vm.label,
      cluster: toText(request.cluster),
      token: 0,
      status: Status.Ok,
      headers: textPairs(headers.pairs),
      body: request.body,
      trailers: textPairs(request.trailers),
      timeoutMs: request.timeoutMs,
      outcome: undefined,
      at: env.scheduler.wallMs(),
    };
    const { emulator } = env.profile;
    const found = emulator ? env.anyCluster(record.cluster) : env.cluster(record.cluster);
    const refuse = (status: number): Started => {
      env.callouts.push({ ...record, status, outcome: "refused" });
      return { status, token: 0 };
    };
    if (!found || found.kind === "redis") return refuse(Status.BadArgument);
    if ([":method", ":path", ":authority"].some((name) => !headers.has(name))) {
      return refuse(Status.BadArgument);
    }
    if (request.timeoutMs > 0x7fffffff) return refuse(Status.BadArgument);
    const target = emulator ? null : targetOf(env, record.cluster, 1);
    const upstream = found.kind === "upstream" ? found : target?.upstream;
    if (!upstream?.hasEndpoints) return refuse(Status.InternalFailure);
    const { complaint } = headers;
    // An open connection takes the headers at once, and the call fails before it has begun.
    if (complaint !== undefined && env.connections === "open" && !emulator)
      return refuse(Status.InternalFailure);

    if (request.body.length > 0) headers.replace("content-length", String(request.body.length));
    headers.replace("x-envoy-internal", "true");
    if (request.timeoutMs > 0) {
      headers.replace("x-envoy-expected-rq-timeout-ms", String(request.timeoutMs));
    }
    const token = vm.newToken(0);
    record.token = token;
    env.callouts.push(record);
    const exchange = new UpstreamExchange(
      env,
      upstream,
      target?.name ?? record.cluster,
      "http_call",
      {
        headers: () => undefined,
        data: () => undefined,
        trailers: () => undefined,
        done: () => this.complete(token),
        reset: (reason, started) => this.fail(token, reason, started),
      },
    );
    const pending: Pending = { record, caller: vm.acting(), exchange, timer: null };
    this.pending.set(token, pending);
    // Nothing leaves before the running callback ended; a cancelled call is never seen upstream.
    env.scheduler.post(() => {
      if (!this.pending.has(token)) return;
      if (complaint !== undefined) return this.deliverLocal(token, 503, toText(complaint));
      const trailers = request.trailers.length > 0 ? new HeaderList(request.trailers) : null;
      exchange.sendAll(headers, request.body, trailers);
    });
    if (request.timeoutMs > 0) {
      pending.timer = env.scheduler.timer(request.timeoutMs, () => this.timeout(token));
    }
    return { status: Status.Ok, token };
  }

  private timeout(token: number): void {
    const pending = this.pending.get(token);
    if (!pending) return;
    const hasBegun = pending.exchange.responseHeaders !== null;
    pending.exchange.cancel();
    // Once headers have come there is no other answer: the stream is reset.
    if (hasBegun) this.fail(token, "", true);
    else this.deliverLocal(token, 504, "upstream request timeout");
  }

  private fail(token: number, reason: string, started: boolean): void {
    if (!started) return this.deliverLocal(token, statusOfReset(reason), resetText(reason));
    const root = this.root;
    root.status = { code: Status.BrokenConnection, message: "reset" };
    this.deliver(token, "reset", null, null, null);
    // The code stays for later callbacks, the message does not.
    root.status = { code: Status.BrokenConnection, message: "" };
  }

  private deliverLocal(token: number, status: number, text: string): void {
    const body = encoder.encode(text);
    const headers = new HeaderList([
      [":status", String(status)],
      ["content-length", String(body.length)],
      ["content-type", "text/plain"],
    ]);
    this.deliver(token, String(status), headers, body, null);
  }

  private complete(token: number): void {
    const exchange = this.pending.get(token)?.exchange;
    if (!exchange?.responseHeaders) return;
    const { responseHeaders, responseTrailers } = exchange;
    const status = responseHeaders.get(":status") ?? "";
    this.deliver(token, status, responseHeaders, exchange.responseBody.bytes(), responseTrailers);
  }

  private deliver(
    token: number,
    outcome: string,
    headers: HeaderList | null,
    body: Uint8Array | null,
    trailers: HeaderList | null,
  ): void {
    const pending = this.pending.get(token);
    if (!pending) return;
    this.pending.delete(token);
    pending.timer?.cancel();
    const { root } = this;
    const { vm } = root;
    pending.record.outcome = outcome;
    pending.record.doneAt = vm.env.scheduler.wallMs();
    pending.record.response = {
      headers: textPairs(headers?.pairs ?? []),
      body: body ?? new Uint8Array(0),
      trailers: textPairs(trailers?.pairs ?? []),
    };
    if (!vm.hears(pending.caller)) return;
    root.replyHeaders = headers;
    root.replyTrailers = trailers;
    root.replyBody = body && new ByteQueue(body);
    const sizes = [headers?.length ?? 0, body?.length ?? 0, trailers?.length ?? 0];
    vm.call(root, "proxy_on_http_call_response", [root.id, token, ...sizes], () => {
      root.replyHeaders = root.replyTrailers = root.replyBody = null;
    });
  }

  cancelAll(): void {
    for (const pending of this.pending.values()) {
      pending.timer?.cancel();
      pending.exchange.cancel();
      pending.record.outcome = "cancelled";
    }
    this.pending.clear();
    this.grpc.cancelAll();
  }
}
