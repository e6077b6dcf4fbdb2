/* eslint-disable max-lines -- one class: the state a guest call needs is not worth splitting */
import { LOG_LEVELS, Status } from "../abi/enums.js";
import { HarnessFault } from "../abi/fault.js";
import type { ActingContext, Guest, HostFunction } from "../abi/guest.js";
import { linkImports, memoryOf } from "../abi/imports.js";
import { checkModule } from "../abi/link.js";
import { GuestMemory } from "../abi/memory.js";
import { restore, takeSnapshot } from "../abi/snapshot.js";
import { isAllowed, RestrictedCallback, type Window } from "../abi/restricted.js";
import type { Profile } from "../profiles/index.js";
import { Budget } from "./budget.js";
import type { Compiled, StartCall } from "./compile.js";
import type { Environment, FaultPlace, Place, TracePlace } from "./environment.js";
import { backtrace, guestStack, withDeepStacks } from "./guest-stack.js";
import { Expressions } from "./expressions.js";
import { VmMetrics } from "./metrics.js";
import type { HostProcess } from "./process.js";
import { RuleWatch } from "./rule-watch.js";
import { hostFault, isTrap } from "./trap.js";
import { runWithTimeout } from "./watchdog.js";

/** What makes two plugins share a VM. */
export interface VmSettings {
  vmId: string;
  vmConfig: Uint8Array;
  environment: readonly string[];
  /** Null = everything is allowed. */
  capabilities: ReadonlySet<string> | null;
  compiled: Compiled;
}

/** A context the VM knows by id: root or stream. */
export interface VmContext extends ActingContext {
  readonly pluginName: string;
  readonly rootName: string;
}

type Export = (...args: number[]) => number | undefined;

/** Outcome of one guest call. */
export interface CallResult {
  /** Undefined: no such export, not allowed, or trapped. */
  returned: number | undefined;
  called: boolean;
  replied: boolean;
}

/** One wasm instance: its contexts, its FIFO of deferred actions, its life and death. */
export class Vm implements Guest {
  readonly abi: string;
  readonly metrics: VmMetrics;
  readonly expressions = new Expressions();
  readonly contexts = new Map<number, VmContext>();
  readonly watch: RuleWatch;
  memory!: GuestMemory;
  started = false;
  /** Set by a trap: the message. A failed VM is never entered again. */
  failed: string | null = null;
  loadedAt: number;
  /** Higress: a plugin set `wasm_need_rebuild`. */
  asksForRebuild = false;
  /** Set by `sendLocalResponse` during the running call. */
  replied = false;
  callback = "";
  currentCall = "";
  private exports: Record<string, unknown> = {};
  private window: Window = "open";
  private allocating = false;
  private askedHost = false;
  private current: VmContext | null = null;
  private effective: VmContext | null = null;
  private deferred: { name: string; place: TracePlace | null; run: () => void }[] = [];
  private nextContext = 1;
  private nextTokens: Record<number, number>;
  private readonly budget: Budget | null;

  constructor(
    readonly label: string,
    readonly env: Environment,
    readonly settings: VmSettings,
  ) {
    this.abi = checkModule(settings.compiled.info, env.profile);
    this.watch = new RuleWatch(this);
    this.budget = env.budgets && new Budget(env.budgets, (message) => this.note("S30", message));
    this.metrics = new VmMetrics(env.metrics, env.profile.emulator !== undefined, (rule, text) =>
      this.note(rule, text),
    );
    this.loadedAt = env.scheduler.elapsed;
    // http 4, 8, … grpc call 5, 9 … grpc stream 6, 10 … redis 7, 11 …; the emulator counts from 0.
    this.nextTokens = env.profile.emulator
      ? { 0: 0, 1: 0, 2: 0, 3: 0 }
      : { 0: 4, 1: 5, 2: 6, 3: 7 };
    this.instantiate();
  }

  get profile(): Profile {
    return this.env.profile;
  }
  get vmId(): string {
    return this.settings.vmId;
  }
  get process(): HostProcess {
    return this.env.process;
  }
  get environment(): readonly string[] {
    return this.settings.environment;
  }
  get logLevel(): number {
    return this.env.logLevel;
  }
  get vmConfig(): Uint8Array {
    return this.settings.vmConfig;
  }

  private instantiate(): void {
    const { info, module } = this.settings.compiled;
    const { imports, memory } = linkImports(
      info,
      this.abi,
      this.profile,
      (item, fn) => this.wrap(item.module, item.name, fn),
      this.env.maxPages,
    );
    this.exports = new WebAssembly.Instance(module, imports).exports;
    this.memory = new GuestMemory(memoryOf(memory, this.exports));
  }

  private wrap(module: string, name: string, fn: HostFunction): WebAssembly.ImportValue {
    const run = fn.run as unknown as (guest: Guest, ...args: (number | bigint)[]) => number | void;
    const wasi = module !== "env";
    const status = !wasi && fn.results === "i" && name !== "pthread_equal";
    return (...args: (number | bigint)[]): number | void => {
      this.askedHost = true;
      if (this.window !== "open" && !isAllowed(this.window, module, name)) {
        this.note(
          "S23",
          `${name} called in ${this.window === "start" ? "the start function" : "the allocator"}`,
        );
        throw new RestrictedCallback(name);
      }
      if (!this.isAllowed(name, module)) {
        this.log(4, `Attempted call to restricted proxy-wasm capability: ${name}`);
        return wasi ? 76 : Status.InternalFailure;
      }
      const ended = this.env.trace?.hostCall(module, name, this.tracePlace, args, this.memory);
      const outer = this.currentCall;
      this.currentCall = name;
      this.budget?.hostCall();
      try {
        const forced = this.env.faults?.before(name, this.faultPlace);
        const result = forced ?? run(this, ...args);
        ended?.(result as number | undefined);
        if (status) this.watch.hostCall(name, args, result as number);
        return result;
      } catch (error) {
        throw isTrap(error) ? error : hostFault(name, error);
      } finally {
        this.currentCall = outer;
      }
    };
  }

  hasExport(name: string): boolean {
    return typeof this.exports[name] === "function";
  }

  /** A capability list is about the ABI and WASI; what else there is, it does not keep out. */
  private isAllowed(name: string, module = "env"): boolean {
    const { capabilities } = this.settings;
    if (!capabilities || (module === "env" && !name.startsWith("proxy_"))) return true;
    return capabilities.has(name);
  }

  /** Exported, and not kept from being called by a capability list. */
  private mayCall(name: string): boolean {
    return this.hasExport(name) && this.isAllowed(name);
  }

  /** Runs the start functions. Returns false after a trap. */
  start(): boolean {
    this.window = "start";
    const emulator = this.profile.emulator !== undefined;
    const names = emulator
      ? ["_initialize", "_start", "main"]
      : this.hasExport("_initialize")
        ? [
            "_initialize",
            this.hasExport("main") || !this.profile.callsMainVoid ? "main" : "__main_void",
          ]
        : ["_start"];
    if (!this.resume(names.join())) this.runStart(names);
    this.window = "open";
    this.started = true;
    return this.failed === null;
  }

  private runStart(names: readonly string[]): void {
    const { started } = this.settings.compiled;
    const { memory } = this.memory;
    const key = names.join();
    const before = started.has(key) ? null : new Uint8Array(memory.buffer.slice(0));
    const calls: StartCall[] = [];
    for (const name of names) {
      if (!this.hasExport(name)) continue;
      const args = name === "main" && !this.profile.emulator ? [0, 0] : [];
      calls.push({ name, args, result: this.enter(null, name, args) });
      if (this.failed !== null) return;
    }
    if (!before) return;
    // What the host was asked may be answered otherwise next time.
    const snapshot = this.askedHost ? null : takeSnapshot(before, memory, this.exports);
    started.set(key, snapshot && { calls, snapshot });
  }

  /** Begins where the start functions left an earlier instance. False: they have to run. */
  private resume(key: string): boolean {
    const start = this.settings.compiled.started.get(key);
    if (!start) return false;
    restore(start.snapshot, this.memory.memory, this.exports);
    const { trace } = this.env;
    for (const { name, args, result } of trace ? start.calls : []) {
      trace?.event("call", name, this.tracePlace, args);
      trace?.event("return", name, this.tracePlace, [], result);
    }
    return true;
  }

  /** Ids begin anew after 2³² of them; 0 is the VM's, and those in use are left out. */
  newContextId(): number {
    for (;;) {
      const id = this.nextContext;
      this.nextContext = (id + 1) >>> 0;
      if (id !== 0 && !this.contexts.has(id)) return id;
    }
  }

  /** Tokens begin anew after 2³², too; the two low bits stay those of their kind. */
  newToken(kind: 0 | 1 | 2 | 3): number {
    const token = this.nextTokens[kind]!;
    this.nextTokens[kind] = (token + (this.profile.emulator ? 1 : 4)) >>> 0;
    return token;
  }

  private nextDnsToken = 2;

  newDnsToken(): number {
    return this.nextDnsToken++;
  }

  /** Queues an action for the end of the running call; `name` is for the trace. */
  defer(name: string, run: () => void): void {
    this.deferred.push({ name, place: this.env.trace && this.tracePlace, run });
  }

  /** Where the guest is now, for the trace. */
  private get tracePlace(): TracePlace {
    const { current, effective, label } = this;
    return {
      vm: label,
      plugin: current?.pluginName ?? "",
      context: current?.id ?? 0,
      effective: effective?.id ?? 0,
    };
  }

  private get faultPlace(): FaultPlace {
    return { vm: this.label, plugin: this.current?.pluginName ?? "" };
  }

  get inCall(): boolean {
    return this.current !== null;
  }

  /**
   * One guest callback with its scope. `convert` sees the raw result before the deferred actions
   * run, because the host fixes the status first and may enter the guest again while draining.
   */
  call<T>(context: VmContext, name: string, args: number[], convert: (result: CallResult) => T): T {
    const outerReplied = this.replied;
    this.replied = false;
    const returned = this.enter(context, name, args);
    const result = { returned, called: this.mayCall(name), replied: this.replied };
    this.replied = outerReplied;
    const converted = convert(result);
    this.drain();
    return converted;
  }

  private drain(): void {
    for (let next = this.deferred.shift(); next; next = this.deferred.shift()) {
      if (next.place) this.env.trace?.event("action", next.name, next.place);
      next.run();
    }
  }

  private enter(context: VmContext | null, name: string, args: number[]): number | undefined {
    const fn = this.exports[name] as Export | undefined;
    if (this.failed !== null) return undefined;
    if (typeof fn !== "function") return this.missing(context, name);
    if (context && !this.mayCall(name)) return undefined;
    const { current, effective, callback } = this;
    const { trace } = this.env;
    this.current = context;
    this.effective = null;
    this.callback = name;
    const place = trace && this.tracePlace;
    if (place) trace.event("call", name, place, args);
    this.watch.begin();
    if (context) this.budget?.begin();
    try {
      const timeout = this.env.callTimeoutMs;
      const result = this.guarded(name, () =>
        timeout > 0 ? runWithTimeout(() => fn(...args), timeout) : fn(...args),
      );
      if (this.failed !== null) return undefined;
      this.watch.end(context, result);
      return result;
    } finally {
      if (context) this.budget?.end(name);
      this.current = current;
      this.effective = effective;
      this.callback = callback;
      this.window = this.started ? "open" : this.window;
    }
  }

  /** The guest itself. A trap is the end of the VM; what JavaScript threw is nobody's trap. */
  private guarded(name: string, run: () => number | undefined): number | undefined {
    const { trace } = this.env;
    const place = trace && this.tracePlace;
    try {
      const hasNames = this.settings.compiled.info.names.size > 0;
      const result = hasNames ? withDeepStacks(run) : run();
      if (place) trace.event("return", name, place, [], result);
      return result;
    } catch (error) {
      if (!isTrap(error)) throw hostFault(name, error);
      this.die(name, error);
      return undefined;
    }
  }

  /** A gateway passes over what a module does not export; the Go emulator calls it (harness.md §7). */
  private missing(context: VmContext | null, name: string): undefined {
    const passes = !context || !this.profile.emulator || /_(done|delete)$/.test(name);
    if (passes) return undefined;
    throw new HarnessFault(`no export ${name}: the Go emulator makes a nil call`);
  }

  private die(name: string, error: unknown): void {
    if (this.failed !== null) return;
    const kind = error instanceof Error ? error.constructor.name : "Error";
    const shown = error instanceof RestrictedCallback ? "Error" : kind;
    const reason = error instanceof Error ? error.message : String(error);
    this.failed = `Function: ${name} failed: Uncaught ${shown}: ${reason}`;
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    this.env.trace?.event("trap", name, this.tracePlace, [], this.failed);
    if (this.profile.emulator) throw new HarnessFault(`${this.failed}: the Go emulator panics`);
    this.log(4, this.failed + backtrace(stack, this.settings.compiled), true);
  }

  acting(): VmContext | null {
    // The host allocates for itself: nobody's context is acting then.
    if (this.allocating) return null;
    const effective = this.effective;
    if (effective && this.contexts.get(effective.id) === effective) return effective;
    return this.current;
  }

  /**
   * Does an answer still reach the guest? A gateway calls the root back whatever became of the
   * stream; the Go emulator forgets the HTTP calls of a finished stream (harness.md §7).
   */
  hears(caller: VmContext | null): boolean {
    if (this.failed !== null) return false;
    if (!this.profile.emulator || !caller || caller.isRoot) return true;
    return this.contexts.get(caller.id) === caller;
  }

  running(): VmContext | null {
    return this.current;
  }

  setEffective(id: number): boolean {
    const context = this.contexts.get(id);
    if (context) this.effective = context;
    this.watch.effective(context !== undefined);
    return context !== undefined;
  }

  give(data: Uint8Array, pointerOut: number, sizeOut: number): number {
    const quiet = this.profile.emulator && data.length === 0;
    if (quiet) return Status.Ok;
    let pointer = 0;
    if (data.length > 0) {
      pointer = this.allocate(data.length);
      if (pointer === 0 || !this.memory.holds(pointer, data.length))
        return Status.InvalidMemoryAccess;
      this.memory.write(pointer, data);
    }
    if (!this.memory.holds(pointerOut, 4) || !this.memory.holds(sizeOut, 4)) {
      return Status.InvalidMemoryAccess;
    }
    this.memory.setU32(pointerOut, pointer);
    this.memory.setU32(sizeOut, data.length);
    return Status.Ok;
  }

  private allocate(size: number): number {
    this.budget?.allocation();
    if (this.env.faults?.allocatorFails(this.faultPlace)) return 0;
    const name =
      this.hasExport("malloc") && !this.profile.emulator ? "malloc" : "proxy_on_memory_allocate";
    const outer = this.window;
    const outerAllocating = this.allocating;
    if (this.profile.restrictsAllocator) this.window = "allocator";
    this.allocating = this.profile.emulator === undefined;
    const { trace } = this.env;
    trace?.event("call", name, this.tracePlace, [size]);
    try {
      // After a trap the VM is dead, but the outer guest call runs to its end, as on the host.
      return this.guarded(name, () => (this.exports[name] as Export)(size)) ?? 0;
    } finally {
      this.window = outer;
      this.allocating = outerAllocating;
    }
  }

  log(level: number, text: string, fromHost = false): void {
    if (level < this.logLevel) return;
    const context = this.acting();
    const word = LOG_LEVELS[level] ?? "critical";
    this.env.trace?.event(
      "log",
      fromHost ? "" : this.logPrefix(context),
      this.tracePlace,
      [word],
      text,
    );
    this.env.log({
      level: word,
      text,
      plugin: context?.pluginName ?? "",
      rootId: context?.rootName ?? "",
      vmId: this.vmId,
      vm: this.label,
      context: fromHost ? 0 : (context?.id ?? 0),
      at: this.env.scheduler.wallMs(),
    });
  }

  /** What the gateway writes before a line: `wasm log <plugin> <root> <vm>: `, no plugin for roots, nothing for the VM. */
  private logPrefix(context: VmContext | null): string {
    if (!context) return "wasm log: ";
    const plugin = context.isRoot ? "" : context.pluginName;
    const words = [plugin, context.rootName, this.vmId].filter((word) => word !== "");
    return `${["wasm log", ...words].join(" ")}: `;
  }

  wallMs(): number {
    return this.env.scheduler.wallMs();
  }
  wallNs(): bigint {
    return this.env.scheduler.wallNs();
  }
  monotonicNs(): bigint {
    return this.env.scheduler.monotonicNs();
  }
  random(length: number): Uint8Array {
    return this.env.random(length);
  }

  note(rule: string, message: string): void {
    this.env.violation(rule, message, this.place());
  }

  /** Where the guest is now: plugin, callback, host call and its own stack. */
  place(): Place {
    const inWords = guestStack(this.settings.compiled);
    return {
      ...this.point,
      get stack() {
        return inWords() || undefined;
      },
    };
  }

  /** The same without the stack, which costs more than most host calls. */
  get point(): Place {
    const { callback, current, currentCall } = this;
    return { plugin: current?.pluginName ?? "", callback, call: currentCall || undefined };
  }

  keepView(pointer: number, length: number, what: string): void {
    if (this.profile.emulator) this.watch.keepView(pointer, length, what);
  }

  done(): number {
    const finish = this.pendingShutdown.get(this.acting()?.id ?? -1);
    if (!finish) return Status.NotFound;
    this.defer("done", finish);
    return Status.Ok;
  }

  /** Roots whose `on_done` answered 0, with what to do when they are done. */
  readonly pendingShutdown = new Map<number, () => void>();

  /** Calls an export that is no callback, e.g. `__collect`; for the leak check. */
  callExport(name: string, ...args: number[]): number | undefined {
    return this.enter(null, name, args);
  }
}
