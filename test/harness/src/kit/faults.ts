import type { FaultPlace, FaultPlan } from "../engine/environment.js";
import type { FaultTarget } from "../types.js";

interface Fault {
  call: string;
  at: FaultTarget;
  /** Calls of the target since the fault was armed. */
  seen: number;
  from: number;
  to: number;
  act: () => number | undefined;
}

interface StepFault {
  /** Stream callbacks still to come before it strikes. */
  left: number;
  act: (stream: number) => void;
}

function aims({ plugin, worker }: FaultTarget, place: FaultPlace): boolean {
  if (plugin !== undefined && plugin !== place.plugin) return false;
  if (worker === undefined) return true;
  // The one VM of lifecycle `single` is worker 0.
  const label = place.vm === "vm" ? "worker0" : place.vm;
  return label === (worker === "main" ? "main" : `worker${worker}`);
}

/** Faults a test arms: forced statuses, traps, failing allocations, hooks, and what strikes at a step. */
export class Faults implements FaultPlan {
  private faults: Fault[] = [];
  private steps: StepFault[] = [];

  get armed(): boolean {
    return this.faults.length > 0;
  }

  private arm(fault: Omit<Fault, "seen" | "to">, times: number): void {
    this.faults.push({ ...fault, seen: 0, to: fault.from + times - 1 });
  }

  private fire(call: string, place: FaultPlace): number | undefined {
    let forced: number | undefined;
    for (const fault of this.faults) {
      if (fault.call !== call || !aims(fault.at, place)) continue;
      fault.seen++;
      if (fault.seen < fault.from || fault.seen > fault.to) continue;
      const status = fault.act();
      forced ??= status;
    }
    return forced;
  }

  before(call: string, place: FaultPlace): number | undefined {
    return this.fire(call, place);
  }

  allocatorFails(place: FaultPlace): boolean {
    return this.fire("allocator", place) === 1;
  }

  trap(call: string, from = 1, at: FaultTarget = {}): void {
    const act = () => {
      throw new WebAssembly.RuntimeError(`injected trap at ${call}`);
    };
    this.arm({ call, at, from, act }, 1);
  }

  status(
    call: string,
    status: number,
    { nth = 1, times = Infinity, ...at }: { nth?: number; times?: number } & FaultTarget = {},
  ): void {
    this.arm({ call, at, from: nth, act: () => status }, times);
  }

  allocator(from = 1, times = Infinity, at: FaultTarget = {}): void {
    this.arm({ call: "allocator", at, from, act: () => 1 }, times);
  }

  hook(call: string, fn: () => void, from = 1, at: FaultTarget = {}): void {
    const act = () => {
      fn();
      return undefined;
    };
    this.arm({ call, at, from, act }, 1);
  }

  /** Runs `act` once, after the k-th stream callback from now; it gets the stream's id. */
  afterStep(k: number, act: StepFault["act"]): void {
    this.steps.push({ left: k, act });
  }

  /** A stream callback is over. */
  stepped(stream: number): void {
    const due = this.steps.filter((fault) => --fault.left === 0);
    this.steps = this.steps.filter((fault) => fault.left > 0);
    for (const fault of due) fault.act(stream);
  }

  clear(): void {
    this.faults = [];
    this.steps = [];
  }
}
