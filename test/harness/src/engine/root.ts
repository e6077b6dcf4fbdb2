import { ByteQueue } from "../abi/byte-queue.js";
import { BufferType, Status } from "../abi/enums.js";
import type { BufferAccess, GrpcCallRequest, HttpCallRequest, LocalReply, MapAccess, PropertyDeclaration, RootServices, Started } from "../abi/guest.js"; // prettier-ignore
import { HeaderList } from "../abi/header-list.js";
import { CalloutTable } from "./callouts.js";
import { encodeAddresses, resolveName } from "./dns.js";
import type { Timer } from "./environment.js";
import type { PluginSettings } from "./plugin.js";
import { RedisCalls, type RedisPool } from "./redis-calls.js";
import { rootProperty } from "./properties.js";
import type { Vm, VmContext } from "./vm.js";

const EMPTY: BufferAccess = { queue: new ByteQueue(), writable: false };

/** A root context: configuration, tick, call-outs, queues. */
export class Root implements VmContext, RootServices {
  readonly id: number;
  readonly isRoot = true;
  readonly root = this;
  readonly callouts: CalloutTable;
  readonly declared = new Map<string, PropertyDeclaration>();
  /** Reply of the call-out whose callback is running. */
  replyHeaders: HeaderList | null = null;
  replyTrailers: HeaderList | null = null;
  replyBody: ByteQueue | null = null;
  grpcInitial: HeaderList | null = null;
  grpcTrailing: HeaderList | null = null;
  grpcMessage: ByteQueue | null = null;
  redisReply: ByteQueue | null = null;
  /** Of the last call that brought some; it stays. */
  private callData: ByteQueue | null = null;
  status = { code: 0, message: "" };
  private readonly redis: RedisCalls;
  /** The plugin configuration can be read: in context_create and configure, not in vm_start. */
  private configuring = false;
  private tick: Timer | null = null;
  private tickPeriod = 0;

  constructor(
    readonly vm: Vm,
    readonly plugin: PluginSettings,
    pool: RedisPool,
  ) {
    this.id = vm.newContextId();
    vm.contexts.set(this.id, this);
    this.callouts = new CalloutTable(this);
    this.redis = new RedisCalls(this, pool);
  }

  get pluginName(): string {
    return this.plugin.name;
  }
  get rootName(): string {
    return this.plugin.rootId;
  }
  get configuration(): Uint8Array {
    return this.plugin.config;
  }

  /** context_create, vm_start, configure. Returns the host's refusal, or null. */
  open(): string | null {
    const { vm } = this;
    const truth = (name: string, size: number): boolean =>
      vm.call(this, name, [this.id, size], ({ returned, called }) => !called || !!returned);
    this.configuring = true;
    vm.call(this, "proxy_on_context_create", [this.id, 0], () => undefined);
    this.configuring = false;
    // A trap here lets the server start; every request then meets a dead VM.
    if (vm.failed !== null) return null;
    if (!vm.profile.emulator && !truth("proxy_on_vm_start", vm.vmConfig.length)) {
      return "Failed to start base Wasm";
    }
    this.configuring = true;
    const ok = truth("proxy_on_configure", this.configuration.length);
    this.configuring = false;
    return ok ? null : "Failed to configure base Wasm plugin";
  }

  headerMap(type: number): MapAccess | null {
    const lists = [this.grpcInitial, this.grpcTrailing, this.replyHeaders, this.replyTrailers];
    const list = type >= 4 ? lists[type - 4] : null;
    return list ? { list, writable: false, sizeable: type < 6 } : null;
  }

  headersChanged(): void {
    // Only reply maps exist here, and they are read-only.
  }

  buffer(type: number): BufferAccess | null {
    const access = (queue: ByteQueue | null) => (queue ? { queue, writable: false } : null);
    switch (type) {
      case BufferType.HttpCallBody:
        return access(this.replyBody);
      case BufferType.GrpcMessage:
        return access(this.grpcMessage) ?? EMPTY;
      case BufferType.VmConfiguration:
        return access(new ByteQueue(this.vm.vmConfig));
      case BufferType.PluginConfiguration:
        return this.configuring ? access(new ByteQueue(this.configuration)) : null;
      case BufferType.CallData:
        return access(this.callData) ?? EMPTY;
      case BufferType.RedisReply:
        return access(this.redisReply);
      default:
        return EMPTY;
    }
  }

  bodyEdited(): void {
    // A root has no body to edit.
  }
  bodyGone(): boolean {
    return false;
  }

  getProperty(path: string): Uint8Array | number {
    return rootProperty(this, path);
  }
  setProperty(): number {
    return Status.NotFound;
  }
  setFilterState(): number {
    return Status.NotFound;
  }
  sendLocalResponse(_reply: LocalReply): number {
    this.vm.note("S05", "send_local_response without a stream: no effect, the request hangs");
    return Status.Ok;
  }
  continueStream(type: number): number {
    if (type > 3) return Status.BadArgument;
    if (type === 3) return Status.Unimplemented;
    this.vm.note("S05", "continue_stream without a stream: no effect, the request hangs");
    return Status.Ok;
  }
  closeStream(type: number): number {
    if (type > 1) return type > 3 ? Status.BadArgument : Status.Ok;
    this.vm.note("S05", "close_stream without a stream: no effect");
    return Status.Ok;
  }
  clearRouteCache(): void {
    // No stream, no route.
  }
  upstreamHosts(): null {
    return null;
  }
  overrideUpstreamHost(): number {
    return Status.BadArgument;
  }
  inject(): number {
    return Status.BadArgument;
  }

  callStatus(): { code: number; message: string } {
    return this.status;
  }
  httpCall(request: HttpCallRequest): Started {
    return this.callouts.httpCall(request);
  }
  grpcCall(request: GrpcCallRequest): Started {
    return this.callouts.grpc.call(request);
  }
  grpcSend(token: number, message: Uint8Array, end: boolean): number {
    return this.callouts.grpc.send(token, message, end);
  }
  grpcEnd(token: number, cancel: boolean): number {
    return this.callouts.grpc.end(token, cancel);
  }
  redisInit(service: string, username: string, password: string, timeoutMs: number): number {
    return this.redis.init(service, username, password, timeoutMs);
  }
  redisCall(service: string, query: Uint8Array): Started {
    return this.redis.call(service, query);
  }

  resolve(name: string, started: (token: number) => number): number {
    const { vm } = this;
    const token = vm.newDnsToken();
    const refused = started(token);
    if (refused) return refused;
    resolveName(vm.env, name, (addresses) => {
      if (this.isGone || vm.failed !== null) return;
      this.callData = new ByteQueue(addresses ? encodeAddresses(addresses) : undefined);
      const { size } = this.callData;
      vm.call(this, "envoy_on_resolve_dns", [this.id, token, size], () => undefined);
    });
    return Status.Ok;
  }

  setTickPeriod(ms: number): void {
    this.tickPeriod = ms;
    this.armTick();
  }

  private hasQueue = false;
  /** Nothing is told to it any more. */
  private isGone = false;

  private armTick(): void {
    this.tick?.cancel();
    this.tick = null;
    if (this.tickPeriod === 0 || this.vm.label === "canary") return;
    this.tick = this.vm.env.scheduler.timer(this.tickPeriod, () => this.onTick(), true);
  }

  get ticking(): boolean {
    return this.tick !== null;
  }

  /** Something is under way that will call this root: an answer, a tick, or an item of its queue. */
  get awaits(): boolean {
    return (
      this.ticking || this.hasQueue || this.callouts.outstanding > 0 || this.redis.outstanding > 0
    );
  }

  private onTick(): void {
    this.tick = null;
    if (this.vm.failed !== null) return;
    this.vm.call(this, "proxy_on_tick", [this.id], () => undefined);
    // Re-armed after the callback, so a slow tick never overlaps; unless it set a new period.
    if (!this.tick && this.vm.failed === null) this.armTick();
  }

  registerQueue(name: string): number {
    this.hasQueue = true;
    return this.vm.process.queues.register(this.vm.vmId, name, (token) => {
      this.vm.env.scheduler.post(() => {
        if (this.isGone || this.vm.failed !== null) return;
        this.vm.call(this, "proxy_on_queue_ready", [this.id, token], () => undefined);
      });
    });
  }

  /** Drops everything under way, without telling the guest. */
  cancel(): void {
    this.isGone = true;
    this.tick?.cancel();
    this.tick = null;
    this.tickPeriod = 0;
    this.callouts.cancelAll();
    this.redis.cancelAll();
  }

  /** Streams of this root that are not over. */
  streams = 0;
  private retired = false;

  /** A new root took its place: it goes when its last stream is over. */
  retire(): void {
    // Plugins with equal keys share a root, and each of them hands it over.
    if (this.retired) return;
    this.retired = true;
    if (this.streams === 0) this.shutdown();
  }

  streamEnded(): void {
    this.streams--;
    if (this.retired && this.streams === 0) this.shutdown();
  }

  /**
   * Shutdown: `on_done`, then `on_delete` now or when the guest calls `proxy_done`; until then its
   * call-outs go on, so that it can finish what it has to.
   */
  shutdown(): void {
    const { vm } = this;
    this.tick?.cancel();
    if (vm.failed !== null) return this.cancel();
    const done = vm.call(this, "proxy_on_done", [this.id], (r) => !r.called || r.returned !== 0);
    if (done) this.leave();
    else vm.pendingShutdown.set(this.id, () => this.leave());
  }

  private leave(): void {
    const { vm } = this;
    vm.pendingShutdown.delete(this.id);
    // The Go emulator tells roots nothing of their end (harness.md 7).
    if (!vm.profile.emulator) vm.call(this, "proxy_on_delete", [this.id], () => undefined);
    vm.contexts.delete(this.id);
    this.cancel();
  }
}
