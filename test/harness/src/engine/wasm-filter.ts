import { ByteQueue } from "../abi/byte-queue.js";
import { BufferType, DATA_ACTION_NAMES, HEADERS_ACTION_NAMES, Status, TRAILERS_ACTION_NAMES } from "../abi/enums.js"; // prettier-ignore
import type { BufferAccess, LocalReply, MapAccess } from "../abi/guest.js";
import { HeaderList } from "../abi/header-list.js";
import { fromBytes } from "../abi/text.js";
import type { Direction, HeaderPair } from "../types.js";
import { convertAction, keepsStop } from "./actions.js";
import type { Chain, StreamFilter } from "./chain.js";
import { actsAfterTrap, resumesNothing } from "./fatal.js";
import { Half } from "./half.js";
import { DATA, HEADERS } from "./iteration.js";
import { replyDetails } from "./local-reply.js";
import type { PluginSettings } from "./plugin.js";
import { controlProperty, streamProperty } from "./properties.js";
import type { Root } from "./root.js";
import type { Stream } from "./stream.js";
import type { Vm, VmContext } from "./vm.js";

const NOTHING: BufferAccess = { queue: new ByteQueue(), writable: false };
/** Direction of a body by buffer type. */
const BODIES: readonly Direction[] = ["request", "response"];
const UNREACHED = new HeaderList();

/** A wasm plugin on one stream: a stream context, and a filter of the chain. */
export class WasmFilter implements VmContext, StreamFilter {
  id = 0;
  readonly isRoot = false;
  private request = new Half();
  private response = new Half();
  private created = false;
  private logging = false;
  private destroyed = false;
  private failing = false;
  private replies = 0;

  readonly name: string;
  readonly pluginName: string;
  readonly rootName: string;

  constructor(
    readonly chain: Chain,
    readonly root: Root,
    readonly plugin: PluginSettings,
  ) {
    this.name = this.pluginName = plugin.name;
    this.rootName = plugin.rootId;
  }

  get stream(): Stream {
    return this.chain.stream;
  }
  get vm(): Vm {
    return this.root.vm;
  }
  get isRunning(): boolean {
    return this.vm.inCall;
  }

  private create(): void {
    if (this.created || this.vm.failed !== null) return;
    this.created = true;
    this.root.streams++;
    this.id = this.vm.newContextId();
    this.vm.contexts.set(this.id, this);
    this.vm.call(this, "proxy_on_context_create", [this.id, this.root.id], () => undefined);
  }

  private half(direction: Direction): Half {
    return direction === "request" ? this.request : this.response;
  }

  /** Runs one callback; `stopped` is the action of a filter whose VM is dead. */
  private run(
    name: string,
    args: number[],
    names: string[],
    size: number,
    end: boolean,
    stopped: number,
  ): number {
    const { vm } = this;
    if (vm.failed !== null) return this.fail(stopped);
    let raw: number | undefined;
    const action = vm.call(this, name, [this.id, ...args], (result) => {
      raw = result.returned;
      if (vm.failed !== null) return this.fail(stopped);
      const { keepsStopIteration } = this.plugin;
      return convertAction(result, names, stopped, () => keepsStop(vm, keepsStopIteration));
    });
    // The Go emulator writes down what it was told.
    const recorded = vm.profile.emulator ? (raw ?? action) : action;
    this.stream.env.step(this.stream.id, {
      plugin: this.name,
      callback: name,
      action: names[recorded] ?? String(recorded),
      returned: recorded,
      size,
      endOfStream: end,
    });
    return action;
  }

  /** The VM is dead: what this stream gets (harness.md §6.12). */
  private fail(stopped: number): number {
    const policy = this.plugin.failurePolicy;
    if (policy === "LEGACY_OPEN") return 0;
    if (!this.failing) {
      this.failing = true;
      this.chain.fail(this);
    }
    return stopped;
  }

  private headersCallback(direction: Direction, headers: HeaderList, end: boolean): number {
    const half = this.half(direction);
    half.headers = headers;
    const name = `proxy_on_${direction}_headers`;
    const args = this.vm.abi === "0_1_0" ? [headers.length] : [headers.length, end ? 1 : 0];
    const stopped = HEADERS.StopAllWatermark;
    const action = this.run(name, args, HEADERS_ACTION_NAMES, headers.length, end, stopped);
    if (action === HEADERS.Continue) half.headers = null;
    return action;
  }

  private dataCallback(direction: Direction, data: ByteQueue, end: boolean): number {
    const half = this.half(direction);
    const path = this.chain.path(direction);
    half.body = data;
    if (this.vm.profile.bufferingShowsCurrentChunk) {
      half.buffering &&= path.isStoppedAt(this); // or it was resumed meanwhile
      if (half.buffering) path.hold(data, false);
      if (this.chain.finished || path.aborted) return DATA.StopNoBuffer;
    }
    const size = half.buffering ? (path.buffer?.size ?? 0) : data.size;
    const name = `proxy_on_${direction}_body`;
    const args = [size, end ? 1 : 0];
    const action = this.run(name, args, DATA_ACTION_NAMES, size, end, DATA.StopNoBuffer);
    half.buffering = action === DATA.StopBuffer;
    if (action !== DATA.StopBuffer) half.body = null;
    return action;
  }

  private trailersCallback(direction: Direction, trailers: HeaderList): number {
    const half = this.half(direction);
    half.trailers = trailers;
    const name = `proxy_on_${direction}_trailers`;
    const size = trailers.length;
    const action = this.run(name, [size], TRAILERS_ACTION_NAMES, size, true, 1);
    if (action === 0) half.trailers = null;
    return action;
  }

  decodeHeaders(headers: HeaderList, end: boolean): number {
    this.create();
    return this.headersCallback("request", headers, end);
  }
  decodeData(data: ByteQueue, end: boolean): number {
    return this.created ? this.dataCallback("request", data, end) : 0;
  }
  decodeTrailers(trailers: HeaderList): number {
    return this.created ? this.trailersCallback("request", trailers) : 0;
  }
  encodeHeaders(headers: HeaderList, end: boolean): number {
    // A dead VM's own local reply is not run through it.
    if (!this.created || this.failing) return 0;
    return this.headersCallback("response", headers, end);
  }
  encodeData(data: ByteQueue, end: boolean): number {
    return this.created && !this.failing ? this.dataCallback("response", data, end) : 0;
  }
  encodeTrailers(trailers: HeaderList): number {
    return this.created && !this.failing ? this.trailersCallback("response", trailers) : 0;
  }

  decodeMetadata(metadata: HeaderList): void {
    this.metadataCallback("request", metadata);
  }
  encodeMetadata(metadata: HeaderList): void {
    this.metadataCallback("response", metadata);
  }

  /** Whatever it answers, METADATA goes on; no map shows it. */
  private metadataCallback(direction: Direction, { length }: HeaderList): void {
    if (!this.created || this.failing) return;
    this.run(`proxy_on_${direction}_metadata`, [length], TRAILERS_ACTION_NAMES, length, false, 0);
  }

  log(): void {
    if (this.vm.failed !== null) return;
    this.create();
    this.request = new Half();
    this.response = new Half();
    this.logging = true;
    this.vm.call(this, "proxy_on_log", [this.id], () => {
      this.logging = false;
    });
  }

  destroy(): void {
    if (this.destroyed || !this.created) return;
    this.destroyed = true;
    const { vm } = this;
    if (vm.failed === null && !vm.profile.emulator) {
      const done = vm.call(this, "proxy_on_done", [this.id], (r) => r.returned);
      if (done === 0) vm.note("S25", "on_done of a stream returned 0: ignored by the host");
      vm.call(this, "proxy_on_delete", [this.id], () => undefined);
    }
    vm.contexts.delete(this.id);
    this.root.streamEnded();
  }

  headerMap(type: number): MapAccess | null {
    if (type >= 4) return this.root.headerMap(type);
    const { decode, encode } = this.chain;
    const all = [decode.headers, decode.trailers, encode.headers, encode.trailers];
    if (this.logging) {
      const list = type === 1 ? UNREACHED : all[type];
      return list ? { list, writable: false, sizeable: false } : null;
    }
    if (this.vm.profile.emulator) {
      return { list: all[type] ?? new HeaderList(), writable: true, sizeable: true };
    }
    const { request, response } = this;
    const list = [request.headers, request.trailers, response.headers, response.trailers][type];
    return list ? { list, writable: true, sizeable: true } : null;
  }

  headersChanged(type: number): void {
    if (type !== 0) return;
    const off = this.stream.filterState.get("wasm.clear_route_cache");
    const kept = this.vm.profile.controlProperties && off !== undefined && fromBytes(off) === "off";
    if (!kept) this.chain.clearRoute(this.vm.point);
  }

  buffer(type: number): BufferAccess | null {
    if (type === BufferType.CallData) return NOTHING;
    if (type > BufferType.ResponseBody) return this.root.buffer(type);
    if (this.logging) return NOTHING;
    const half = this.half(BODIES[type]!);
    const { buffer } = this.chain.path(BODIES[type]!);
    if (half.buffering) return buffer ? { queue: buffer, writable: true } : NOTHING;
    return half.body ? { queue: half.body, writable: true } : NOTHING;
  }

  bodyEdited(type: number): void {
    this.chain.editors[BODIES[type]!] = this.vm.place();
  }

  bodyGone(type: number): boolean {
    const direction = BODIES[type];
    return direction !== undefined && !this.destroyed && this.chain.bodyGone(direction);
  }

  visibleHeaders(direction: Direction): HeaderList | null {
    if (this.logging || this.vm.profile.emulator) return this.chain.path(direction).headers;
    return this.half(direction).headers;
  }

  getProperty(path: string): Uint8Array | number {
    return this.stream.ownProperty(path) ?? streamProperty(this, path);
  }

  setProperty(path: string, value: Uint8Array): number {
    const key = `wasm.${path}`;
    const { filterState } = this.stream;
    if (this.root.declared.get(path)?.readonly && filterState.has(key)) return Status.BadArgument;
    filterState.set(key, value);
    if (this.vm.profile.controlProperties) controlProperty(this, path, value);
    return Status.Ok;
  }

  setFilterState(): number {
    // No object factory is registered in the emulator.
    return Status.NotFound;
  }

  sendLocalResponse(reply: LocalReply): number {
    const { vm } = this;
    if (this.logging || this.destroyed) {
      vm.note("S04", "local reply in on_log, on_done or on_delete: Envoy crashes");
      return Status.Ok;
    }
    if (this.replies++ > 0) {
      vm.note("S06", "second local reply on one stream");
      if (vm.profile.secondReplyRefused) return Status.BadArgument;
    }
    if (this.stream.responseStarted)
      vm.note("S07", "local reply after response headers were sent: reset");
    vm.replied = true;
    vm.watch.replied(this.id);
    const details = replyDetails(reply.details, vm.profile.prefixesReplyDetails ? this.name : "");
    const place = vm.place();
    vm.defer("local reply", () => {
      if (this.failing && this.chain.finished) actsAfterTrap(this.chain, "local reply", place);
      else this.chain.localReply({ ...reply, details });
    });
    return Status.Ok;
  }

  continueStream(type: number): number {
    if (type > 1) return [Status.Ok, Status.Unimplemented][type - 2] ?? Status.BadArgument;
    const direction = type === 0 ? "request" : "response";
    this.vm.watch.continues(type, this.id);
    // The stack is that of the call; what it does shows later.
    const place = direction === "response" ? this.vm.place() : null;
    this.vm.defer(`continue ${direction}`, () => {
      if (place && resumesNothing(this.chain, place)) return;
      this.chain.resume(this, direction);
    });
    // The host drops the request side whichever direction is resumed.
    this.request.clear();
    return Status.Ok;
  }

  closeStream(type: number): number {
    // A filter of HTTP has no TCP connection to close.
    if (type > 1) return type > 3 ? Status.BadArgument : Status.Ok;
    const place = this.vm.place();
    this.vm.defer("close", () => {
      if (this.failing) return actsAfterTrap(this.chain, "close_stream", place);
      // An upstream that has answered stays the reason.
      this.chain.reset(this.stream.details || "wasm_close_stream");
    });
    return Status.Ok;
  }

  clearRouteCache(): void {
    this.chain.clearRoute(null);
  }

  upstreamHosts(): HeaderPair[] | null {
    return this.stream.router.upstreamHosts();
  }

  overrideUpstreamHost(address: string): number {
    this.stream.router.overrideHost = address;
    return Status.Ok;
  }

  inject(data: Uint8Array, end: boolean): number {
    if (this.destroyed || this.chain.finished) return Status.BadArgument;
    this.vm.defer("inject", () => this.chain.inject(this, data, end));
    return Status.Ok;
  }
}
