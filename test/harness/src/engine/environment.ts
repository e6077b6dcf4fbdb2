import type { GuestMemory } from "../abi/memory.js";
import type { Profile } from "../profiles/index.js";
import type {
  CallBudget,
  Callout,
  LogLine,
  RedisHandler,
  RouteOptions,
  StepCallback,
  TargetsHandler,
  TraceEvent,
  TraceKind,
  UpstreamHandler,
} from "../types.js";
import type { MetricStore } from "./metrics.js";
import type { HostProcess } from "./process.js";

/** Something that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Time and the event loop, as the engine needs them. */
export interface Scheduler {
  /** Milliseconds since the gateway started; unlike the wall clock nobody sets it. */
  readonly elapsed: number;
  /** Epoch milliseconds. */
  wallMs(): number;
  wallNs(): bigint;
  monotonicNs(): bigint;
  /** Runs `fn` when the current event is over. */
  post(fn: () => void): void;
  /** `background` timers (ticks) do not keep `runToIdle` going. */
  timer(ms: number, fn: () => void, background?: boolean): Timer;
  /** Marks real I/O under way; call the result when it is over. */
  busy(): () => void;
}

/** Where a rule was broken. */
export interface Place {
  plugin: string;
  callback: string;
  call?: string;
  stack?: string;
}

/** What the engine may use of the host around it. */
export interface Environment {
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly process: HostProcess;
  readonly metrics: MetricStore;
  readonly callouts: Callout[];
  readonly routes: readonly RouteOptions[];
  readonly router: "envoy" | "bare";
  readonly attemptCountHeaders: boolean;
  /** Addresses by name; null = no answer. */
  readonly dns: Readonly<Record<string, readonly string[] | null>>;
  readonly downstream: "h1" | "h2";
  readonly upstreamProtocol: "h1" | "h2";
  readonly connections: "open" | "new";
  readonly bufferLimit: number;
  readonly maxPages: number;
  readonly logLevel: number;
  readonly callTimeoutMs: number;
  /** By callback, `*` for all others; null = none (rule S30). */
  readonly budgets: Readonly<Record<string, CallBudget>> | null;
  readonly properties: ReadonlyMap<string, Uint8Array>;
  /** Null when tracing is off. */
  readonly trace: Tracer | null;
  cluster(name: string): UpstreamHandler | TargetsHandler | RedisHandler | undefined;
  /** Cluster for a call-out of an emulator that accepts any name. */
  anyCluster(name: string): UpstreamHandler;
  anyRedis(): RedisHandler;
  violation(rule: string, message: string, place: Place): void;
  log(line: LogLine): void;
  random(length: number): Uint8Array;
  requestId(): string;
  /** Told about every stream callback; feeds the results of steps. */
  step(streamId: number, step: StepCallback): void;
  /** Fault injection; null when none is armed. */
  readonly faults: FaultPlan | null;
}

/** Where an event happened. */
export interface TracePlace {
  vm: string;
  plugin: string;
  /** Context of the running callback; 0 = none. */
  context: number;
  /** The effective context, if one is set; else 0. */
  effective: number;
}

/** Takes events down; what happens outside the guest has no place. */
export interface Tracer {
  event(
    kind: TraceKind,
    name: string,
    place: TracePlace,
    args?: TraceEvent["args"],
    result?: number | string,
  ): void;
  /** Entry of a host call; call the result with what it answers. */
  hostCall(
    module: string,
    name: string,
    place: TracePlace,
    args: readonly (number | bigint)[],
    memory: GuestMemory,
  ): (result: number | undefined) => void;
  /** Something on the wire, e.g. `client sends headers`. */
  wire(name: string, ...details: (string | number | Iterable<readonly [string, string]>)[]): void;
}

/** Who is about to call, for faults aimed at one plugin or worker. */
export interface FaultPlace {
  vm: string;
  plugin: string;
}

export interface FaultPlan {
  /** Called before a host function; throws to trap, returns a status to force it. */
  before(call: string, place: FaultPlace): number | undefined;
  /** True if this allocator call must answer 0. */
  allocatorFails(place: FaultPlace): boolean;
}
