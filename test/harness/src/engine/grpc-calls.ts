import { ByteQueue } from "../abi/byte-queue.js";
import { Status } from "../abi/enums.js";
import type { GrpcCallRequest, Started } from "../abi/guest.js";
import { HeaderList } from "../abi/header-list.js";
import { bytesField, decodeMessage } from "../abi/protobuf.js";
import { fromBytes, toText, utf8 } from "../abi/text.js";
import type { Callout, UpstreamHandler } from "../types.js";
import type { Timer } from "./environment.js";
import {
  brokenReply,
  explained,
  Grpc,
  grpcFromHttp,
  grpcStatusOf,
  NOWHERE_REPLY,
  TIMEOUT_REPLY,
  type ProxyReply,
  grpcFrame,
  metadataOf,
} from "./grpc-status.js";
import type { Root } from "./root.js";
import { UpstreamExchange } from "./upstream-exchange.js";

interface Call {
  stream: boolean;
  /** Through the gRPC library: it has words and metadata of its own. */
  google: boolean;
  record: Callout;
  exchange: UpstreamExchange;
  timer: Timer | null;
  /** Bytes of a message not complete yet. */
  partial: ByteQueue;
  /** The last message of a unary call: it is delivered when the call is over. */
  reply: Uint8Array | null;
  startedAt: number;
}

/** Whom a call is for. */
interface Target {
  name: string;
  upstream: UpstreamHandler;
  /** `unknown`: Envoy has no such cluster. `unreachable`: nobody hears Envoy's google client. */
  fails: "unknown" | "unreachable" | null;
  google?: boolean;
}

/** Stands for an upstream that is never opened. */
const NOBODY: UpstreamHandler = {
  kind: "upstream",
  requests: [],
  last: undefined,
  hasEndpoints: false,
  open: () => undefined,
};

/** Details of a response that came from the upstream. */
const VIA_UPSTREAM = "via_upstream";

/** Outstanding gRPC calls and streams of one root. */
export class GrpcCalls {
  private calls = new Map<number, Call>();
  constructor(private root: Root) {}

  get outstanding(): number {
    return this.calls.size;
  }

  /**
   * Whom a call is for: a cluster by its plain name, or what a serialized GrpcService
   * {envoy_grpc 1 {cluster_name 1}, google_grpc 2 {target_uri 1}} says; a URI stands in `clusters`
   * as it is.
   */
  private target(service: Uint8Array): Target | number {
    const { vm } = this.root;
    const plain = fromBytes(service);
    const known = this.upstream(plain);
    if (known) return { name: plain, upstream: known, fails: null };
    const message = decodeMessage(service);
    if (!message) return Status.ParseFailure;
    const envoy = bytesField(message, 1);
    if (envoy) {
      const inner = decodeMessage(envoy);
      if (!inner) return Status.ParseFailure;
      const name = utf8(bytesField(inner, 1) ?? new Uint8Array(0));
      const upstream = this.upstream(name);
      return { name, upstream: upstream ?? NOBODY, fails: upstream ? null : "unknown" };
    }
    const google = bytesField(message, 2);
    if (google) {
      const inner = decodeMessage(google);
      const name = utf8((inner && bytesField(inner, 1)) ?? new Uint8Array(0));
      const upstream = this.upstream(name);
      const fails = upstream?.hasEndpoints ? null : "unreachable";
      return { name, upstream: upstream ?? NOBODY, fails, google: true };
    }
    vm.note("S13", "grpc service without target: Envoy aborts the process");
    return Status.ParseFailure;
  }

  private upstream(name: string): UpstreamHandler | null {
    const found = this.root.vm.env.cluster(name);
    return found?.kind === "upstream" ? found : null;
  }

  call(request: GrpcCallRequest): Started {
    const { vm } = this.root;
    const { env } = vm;
    const target = this.target(request.service);
    if (typeof target === "number") return { status: target, token: 0 };
    const { name, upstream, fails, google = false } = target;
    const path = `/${request.serviceName}/${request.methodName}`;
    const headers = new HeaderList([
      [":method", "POST"],
      [":path", path],
      [":authority", name],
      [":scheme", "http"],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ...request.metadata,
    ]);
    const token = vm.newToken(request.stream ? 2 : 1);
    const record: Callout = {
      function: request.stream ? "proxy_grpc_stream" : "proxy_grpc_call",
      plugin: this.root.pluginName,
      vm: vm.label,
      cluster: name,
      token,
      status: 0,
      headers: headers.pairs.map(([n, v]) => [toText(n), toText(v)]),
      body: request.message,
      trailers: [],
      timeoutMs: request.timeoutMs,
      outcome: undefined,
      at: env.scheduler.wallMs(),
    };
    env.callouts.push(record);
    const via = request.stream ? "grpc_stream" : "grpc_call";
    const exchange = new UpstreamExchange(env, upstream, name, via, {
      headers: (list, end) => this.onHeaders(token, list, end),
      data: (chunk, end) => this.onData(token, chunk, end),
      trailers: (list) => this.onTrailers(token, list),
      done: () => undefined,
      reset: (reason, started) => {
        if (started || google) this.fail(token, Grpc.Unknown, VIA_UPSTREAM);
        else this.onProxyReply(token, brokenReply(reason));
      },
    });
    this.calls.set(token, {
      stream: request.stream,
      google,
      record,
      exchange,
      timer: null,
      partial: new ByteQueue(),
      reply: null,
      startedAt: env.scheduler.wallMs(),
    });
    if (fails === "unknown") {
      vm.defer("grpc close", () => this.close(token, Grpc.Unavailable, "Cluster not available"));
    } else if (fails === "unreachable") {
      env.scheduler.post(() => this.fail(token, Grpc.Internal, ""));
      return { status: Status.Ok, token };
    } else if (!upstream.hasEndpoints) {
      // Before the call returns; only the end waits until the guest is out of it.
      this.onProxyReply(token, NOWHERE_REPLY, true);
    }
    if (!upstream.hasEndpoints) {
      Object.assign(record, { status: Status.InternalFailure });
      return { status: Status.InternalFailure, token: 0 };
    }
    env.scheduler.post(() => {
      if (!this.calls.has(token)) return;
      if (request.stream) exchange.sendHeaders(headers, false);
      else exchange.sendAll(headers, grpcFrame(request.message), null);
    });
    if (google && !request.stream && request.timeoutMs === 0) {
      // Envoy hands the library a deadline of now.
      env.scheduler.post(() => this.fail(token, Grpc.DeadlineExceeded, "Deadline Exceeded"));
    } else if (request.timeoutMs > 0) {
      this.calls.get(token)!.timer = env.scheduler.timer(request.timeoutMs, () =>
        this.onTimeout(token),
      );
    }
    return { status: Status.Ok, token };
  }

  private onHeaders(token: number, headers: HeaderList, end: boolean): void {
    const call = this.calls.get(token);
    if (!call) return;
    const elapsed = this.root.vm.env.scheduler.wallMs() - call.startedAt;
    headers.add("x-envoy-upstream-service-time", String(elapsed));
    const status = headers.get(":status");
    const complaint = call.google ? `Received http2 header with status: ${status}` : VIA_UPSTREAM;
    const regular = status === "200";
    const only = end && (regular || headers.has("grpc-status"));
    this.initial(token, regular && !only ? headers : new HeaderList());
    if (only) this.onTrailers(token, headers);
    else if (!regular) this.fail(token, grpcFromHttp(status), complaint);
  }

  private initial(token: number, headers: HeaderList): void {
    const call = this.calls.get(token);
    if (!call?.stream) return;
    const { root } = this;
    root.grpcInitial = call.google ? metadataOf(headers) : headers;
    const args = [root.id, token, root.grpcInitial.length];
    root.vm.call(root, "proxy_on_grpc_receive_initial_metadata", args, () => {
      root.grpcInitial = null;
    });
  }

  private onData(token: number, chunk: Uint8Array, end: boolean): void {
    const call = this.calls.get(token);
    if (!call) return;
    call.partial.push(chunk);
    for (;;) {
      const message = takeMessage(call.partial);
      if (message === "broken") return this.fail(token, Grpc.Internal, VIA_UPSTREAM);
      if (!message) break;
      if (call.stream) this.receive(token, message);
      else call.reply = message;
    }
    if (end) this.fail(token, Grpc.Unknown, VIA_UPSTREAM);
  }

  private receive(token: number, message: Uint8Array): void {
    const { root } = this;
    root.grpcMessage = new ByteQueue(message);
    root.vm.call(root, "proxy_on_grpc_receive", [root.id, token, message.length], () => {
      root.grpcMessage = null;
    });
  }

  private onTrailers(token: number, trailers: HeaderList): void {
    this.trailing(token, trailers);
    const message = trailers.get("grpc-message") ?? "";
    const status = grpcStatusOf(trailers) ?? Grpc.Unknown;
    const { google } = this.calls.get(token) ?? {};
    this.close(token, status, google ? message : explained(message, VIA_UPSTREAM));
  }

  private trailing(token: number, trailers: HeaderList): void {
    const call = this.calls.get(token);
    if (!call?.stream) return;
    const { root } = this;
    root.grpcTrailing = call.google ? metadataOf(trailers) : trailers;
    const args = [root.id, token, root.grpcTrailing.length];
    root.vm.call(root, "proxy_on_grpc_receive_trailing_metadata", args, () => {
      root.grpcTrailing = null;
    });
  }

  /** The answer is none of gRPC, or breaks off. */
  private fail(token: number, status: number, message: string): void {
    this.trailing(token, new HeaderList());
    this.close(token, status, message);
  }

  private onTimeout(token: number): void {
    const call = this.calls.get(token)!;
    if (call.google) this.fail(token, Grpc.Internal, "");
    else if (!call.exchange.responseHeaders) this.onProxyReply(token, TIMEOUT_REPLY);
    else this.fail(token, Grpc.Internal, TIMEOUT_REPLY.details);
  }

  /** The proxy answers for the upstream; `inCall` = the guest is still in the call that asks. */
  private onProxyReply(token: number, { message, details }: ProxyReply, inCall = false): void {
    this.initial(token, new HeaderList());
    const reply = new HeaderList([
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", String(Grpc.Unavailable)],
      ["grpc-message", message],
    ]);
    this.trailing(token, reply);
    const close = () => this.close(token, Grpc.Unavailable, explained(message, details));
    if (inCall) this.root.vm.defer("grpc close", close);
    else close();
  }

  /** End of a call or stream: a unary success is heard as its message alone. */
  private close(token: number, status: number, message: string): void {
    const call = this.calls.get(token);
    if (!call) return;
    const { root } = this;
    const succeeded = !call.stream && status === Grpc.Ok;
    if (succeeded && call.reply) {
      this.settle(token, "0");
      root.status = { code: 0, message: "" };
      return this.receive(token, call.reply);
    }
    const code = succeeded ? Grpc.Internal : status;
    this.settle(token, String(code));
    root.status = { code, message: succeeded ? "" : message };
    root.vm.call(root, "proxy_on_grpc_close", [root.id, token, code], () => undefined);
  }

  private settle(token: number, outcome: string): void {
    const call = this.calls.get(token)!;
    this.calls.delete(token);
    call.timer?.cancel();
    call.exchange.cancel();
    call.record.outcome = outcome;
    call.record.doneAt = this.root.vm.env.scheduler.wallMs();
  }

  send(token: number, message: Uint8Array, end: boolean): number {
    if ((token & 3) !== 2) return Status.BadArgument;
    const call = this.calls.get(token);
    if (!call) return Status.NotFound;
    this.root.vm.env.scheduler.post(() => call.exchange.sendData(grpcFrame(message), end));
    return Status.Ok;
  }

  end(token: number, cancel: boolean): number {
    if ((token & 3) !== 1 && (token & 3) !== 2) return Status.BadArgument;
    const call = this.calls.get(token);
    if (!call) return Status.NotFound;
    if (cancel || !call.stream) this.settle(token, "cancelled");
    else call.exchange.sendData(new Uint8Array(0), true);
    return Status.Ok;
  }

  cancelAll(): void {
    for (const token of [...this.calls.keys()]) this.settle(token, "cancelled");
  }
}

/** Null while bytes are missing; `broken` when they are no frame, or a compressed one. */
function takeMessage(queue: ByteQueue): Uint8Array | null | "broken" {
  const bytes = queue.bytes();
  if (bytes.length > 0 && bytes[0]! > 1) return "broken";
  if (bytes.length < 5) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length < 5 + length) return null;
  if (bytes[0] === 1 && length > 0) return "broken";
  const message = bytes.slice(5, 5 + length);
  queue.drop(5 + length);
  return message;
}
