import { ByteQueue } from "../abi/byte-queue";
import { Status } from "../abi/enums";
import type { GrpcCallRequest, Started } from "../abi/guest";
import { HeaderList } from "../abi/header-list";
import { bytesField, decodeMessage } from "../abi/protobuf";
import { fromBytes, toText, utf8 } from "../abi/text";
import type { Callout } from "../types";
import type { Timer } from "./environment";
import type { Root } from "./root";
import { UpstreamExchange } from "./upstream-exchange";

interface Call {
  stream: boolean;
  record: Callout;
  exchange: UpstreamExchange;
  timer: Timer | null;
  /** Bytes of a message not complete yet. */
  partial: ByteQueue;
}

const UNAVAILABLE = 14;
const UNIMPLEMENTED = 12;

/** Five-byte gRPC frame around a message. */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(5 + message.length);
  new DataView(out.buffer).setUint32(1, message.length);
  out.set(message, 5);
  return out;
}

/** Outstanding gRPC calls and streams of one root. */
export class GrpcCalls {
  private calls = new Map<number, Call>();
  constructor(private root: Root) {}

  get outstanding(): number {
    return this.calls.size;
  }

  /** Cluster of a plain name or of a serialized GrpcService {envoy_grpc 1 {cluster_name 1}}. */
  private target(service: Uint8Array): string | number {
    const name = fromBytes(service);
    if (this.root.vm.env.cluster(name)) return name;
    const message = decodeMessage(service);
    if (!message) return Status.ParseFailure;
    const envoy = bytesField(message, 1);
    const inner = envoy && decodeMessage(envoy);
    if (!inner) {
      this.root.vm.note("S13", "grpc service without target: Envoy aborts the process");
      return Status.ParseFailure;
    }
    return utf8(bytesField(inner, 1) ?? new Uint8Array(0));
  }

  call(request: GrpcCallRequest): Started {
    const { vm } = this.root;
    const { env } = vm;
    const name = this.target(request.service);
    if (typeof name === "number") return { status: name, token: 0 };
    const upstream = env.cluster(name);
    if (!upstream || upstream.kind !== "upstream") return { status: Status.BadArgument, token: 0 };
    if (!upstream.hasEndpoints) return { status: Status.InternalFailure, token: 0 };
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
      data: (chunk) => this.onData(token, chunk),
      trailers: (list) => this.onTrailers(token, list),
      done: () => undefined,
      reset: (reason) => this.close(token, UNAVAILABLE, reason),
    });
    this.calls.set(token, {
      stream: request.stream,
      record,
      exchange,
      timer: null,
      partial: new ByteQueue(),
    });
    env.scheduler.post(() => {
      if (!this.calls.has(token)) return;
      if (request.stream) exchange.sendHeaders(headers, false);
      else exchange.sendAll(headers, grpcFrame(request.message), null);
    });
    if (request.timeoutMs > 0) {
      this.calls.get(token)!.timer = env.scheduler.timer(request.timeoutMs, () =>
        this.close(token, UNAVAILABLE, "timeout"),
      );
    }
    return { status: Status.Ok, token };
  }

  private onHeaders(token: number, headers: HeaderList, end: boolean): void {
    const call = this.calls.get(token);
    if (!call) return;
    const status = headers.get(":status");
    if (status !== "200")
      return this.close(token, status === "404" ? UNIMPLEMENTED : UNAVAILABLE, "");
    if (end || headers.has("grpc-status")) return this.onTrailers(token, headers);
    if (!call.stream) return;
    this.root.grpcInitial = headers;
    const { root } = this;
    const args = [root.id, token, headers.length];
    root.vm.call(root, "proxy_on_grpc_receive_initial_metadata", args, () => {
      root.grpcInitial = null;
    });
  }

  private onData(token: number, chunk: Uint8Array): void {
    const call = this.calls.get(token);
    if (!call) return;
    call.partial.push(chunk);
    if (!call.stream) return;
    for (let message = takeMessage(call.partial); message; message = takeMessage(call.partial)) {
      this.receive(token, message);
    }
  }

  private receive(token: number, message: Uint8Array): void {
    const { root } = this;
    root.grpcMessage = new ByteQueue(message);
    root.vm.call(root, "proxy_on_grpc_receive", [root.id, token, message.length], () => {
      root.grpcMessage = null;
    });
  }

  private onTrailers(token: number, trailers: HeaderList): void {
    const call = this.calls.get(token);
    if (!call) return;
    const status = Number(trailers.get("grpc-status") ?? 2);
    const message = trailers.get("grpc-message") ?? "";
    if (call.stream) {
      const { root } = this;
      root.grpcTrailing = trailers;
      const args = [root.id, token, trailers.length];
      root.vm.call(root, "proxy_on_grpc_receive_trailing_metadata", args, () => {
        root.grpcTrailing = null;
      });
      return this.close(token, status, message);
    }
    const reply = status === 0 ? takeMessage(call.partial) : null;
    if (!reply) return this.close(token, status === 0 ? 13 : status, message);
    this.settle(token, "0");
    this.root.status = { code: 0, message: "" };
    this.receive(token, reply);
  }

  /** Unary failure or end of a stream: only `_close`. */
  private close(token: number, status: number, message: string): void {
    if (!this.calls.has(token)) return;
    this.settle(token, String(status));
    const { root } = this;
    root.status = { code: status, message };
    root.vm.call(root, "proxy_on_grpc_close", [root.id, token, status], () => undefined);
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

function takeMessage(queue: ByteQueue): Uint8Array | null {
  const bytes = queue.bytes();
  if (bytes.length < 5) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length < 5 + length) return null;
  const message = bytes.slice(5, 5 + length);
  queue.drop(5 + length);
  return message;
}
