import type { Profile } from "../profiles/index.js";
import type { HeaderPair } from "../types.js";
import type { ByteQueue } from "./byte-queue.js";
import type { HeaderList } from "./header-list.js";
import type { GuestMemory } from "./memory.js";

/**
 * What host functions need from the engine. The calls decode arguments and write results; the
 * engine decides. Arrows point from the engine to this file.
 */
export interface Guest {
  readonly profile: Profile;
  readonly memory: GuestMemory;
  readonly abi: string;
  readonly vmId: string;
  readonly process: ProcessServices;
  readonly metrics: MetricIds;
  readonly expressions: ExpressionStore;
  readonly environment: readonly string[];
  /** False while the start function runs. */
  readonly started: boolean;
  readonly logLevel: number;
  readonly vmConfig: Uint8Array;
  /** Effective context if set and alive, else the running one; null outside any callback. */
  acting(): ActingContext | null;
  /** Context of the running callback, whatever the effective one is. */
  running(): ActingContext | null;
  setEffective(id: number): boolean;
  /** Allocates in the guest and writes `data` and its length to the two out-pointers. */
  give(data: Uint8Array, pointerOut: number, sizeOut: number): number;
  log(level: number, text: string): void;
  wallMs(): number;
  wallNs(): bigint;
  monotonicNs(): bigint;
  random(length: number): Uint8Array;
  /** Tells the rules something happened that no status shows. */
  note(rule: string, message: string): void;
  /** proxytest: the host keeps a view on this range (S22). */
  keepView(pointer: number, length: number, what: string): void;
  done(): number;
}

/** A context as host functions see it: a root or a stream. */
export interface ActingContext {
  readonly id: number;
  readonly isRoot: boolean;
  readonly root: RootServices;
  headerMap(type: number): MapAccess | null;
  /** Called after a successful edit. */
  headersChanged(type: number): void;
  buffer(type: number): BufferAccess | null;
  /** Called after a successful edit of a body. */
  bodyEdited(type: number): void;
  /** The body is complete and has left this filter: no edit can reach it (S29). */
  bodyGone(type: number): boolean;
  getProperty(path: string): Uint8Array | number;
  setProperty(path: string, value: Uint8Array): number;
  sendLocalResponse(reply: LocalReply): number;
  continueStream(type: number): number;
  closeStream(type: number): number;
  clearRouteCache(): void;
  setFilterState(path: string, value: Uint8Array): number;
  upstreamHosts(): HeaderPair[] | null;
  overrideUpstreamHost(address: string): number;
  inject(data: Uint8Array, end: boolean): number;
}

export interface MapAccess {
  list: HeaderList;
  writable: boolean;
  /** False where asking for the size is refused although reading works. */
  sizeable: boolean;
}

export interface BufferAccess {
  queue: ByteQueue;
  writable: boolean;
}

export interface LocalReply {
  status: number;
  details: string;
  body: Uint8Array;
  headers: HeaderPair[];
  grpcStatus: number;
}

export interface HttpCallRequest {
  cluster: string;
  headers: HeaderPair[];
  body: Uint8Array;
  trailers: HeaderPair[];
  timeoutMs: number;
}

export interface GrpcCallRequest {
  service: Uint8Array;
  serviceName: string;
  methodName: string;
  metadata: HeaderPair[];
  message: Uint8Array;
  timeoutMs: number;
  stream: boolean;
}

/** A started call-out (status 0) or the reason it was not started. */
export interface Started {
  status: number;
  token: number;
}

export interface RootServices {
  readonly id: number;
  readonly configuration: Uint8Array;
  /** Properties declared by `declare_property`. */
  readonly declared: Map<string, PropertyDeclaration>;
  setTickPeriod(ms: number): void;
  callStatus(): { code: number; message: string };
  httpCall(request: HttpCallRequest): Started;
  grpcCall(request: GrpcCallRequest): Started;
  grpcSend(token: number, message: Uint8Array, end: boolean): number;
  grpcEnd(token: number, cancel: boolean): number;
  redisInit(service: string, username: string, password: string, timeoutMs: number): number;
  redisCall(service: string, query: Uint8Array): Started;
  registerQueue(name: string): number;
  /** Asks for the addresses of a name; `started` gets the token first. */
  resolve(name: string, started: (token: number) => number): number;
}

/** Argument of `declare_property` (harness.md 5.4). */
export interface PropertyDeclaration {
  readonly: boolean;
  /** bytes 0, string 1, flatbuffers 2, protobuf 3; anything else counts as bytes. */
  type: number;
}

/** CEL expressions of one VM. */
export interface ExpressionStore {
  /** Number of the new expression; null = Envoy would not compile it. */
  create(text: string): number | null;
  /** Value as a property is encoded, or a status. */
  evaluate(id: number, context: ActingContext): Uint8Array | number;
  delete(id: number): void;
}

/** State of the whole host process, shared by all VMs. */
export interface ProcessServices {
  readonly data: SharedDataStore;
  readonly queues: QueueStore;
  limitIoCycle(count: number): void;
}

export interface SharedDataStore {
  get(vmId: string, key: string): { value: Uint8Array; cas: number } | undefined;
  /** True if stored. */
  set(vmId: string, key: string, value: Uint8Array, cas: number, exact: boolean): boolean;
}

export interface QueueStore {
  resolve(vmId: string, name: string): number | null;
  enqueue(token: number, data: Uint8Array): boolean;
  /** undefined: unknown queue; null: empty. */
  dequeue(token: number): Uint8Array | null | undefined;
}

export interface MetricIds {
  define(type: number, name: string): number;
  increment(id: number, offset: bigint): number;
  record(id: number, value: bigint): number;
  get(id: number): bigint | number;
}

/** One importable function. `run` gets the guest and the raw wasm arguments. */
export interface HostFunction {
  params: string;
  results: string;
  /** ABI versions that have it; absent = all. */
  abi?: readonly string[];
  /** Only on hosts with the Higress calls. */
  higress?: boolean;
  run(guest: Guest, ...args: never[]): number | void;
}

export type HostFunctions = Record<string, HostFunction>;
