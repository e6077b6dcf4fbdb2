import type { FaultPlan } from "../engine/environment";
import type { Inject } from "../types";

interface Fault {
  call: string;
  from: number;
  to: number;
  act: () => number | undefined;
}

/** Faults a test arms: forced statuses, traps, failing allocations, hooks. */
export class Faults implements FaultPlan, Inject {
  private faults: Fault[] = [];
  private counts = new Map<string, number>();

  get armed(): boolean {
    return this.faults.length > 0;
  }

  private arm(call: string, nth: number, times: number, act: () => number | undefined): void {
    const seen = this.counts.get(call) ?? 0;
    this.faults.push({ call, from: seen + nth, to: seen + nth + times - 1, act });
  }

  private fire(call: string): number | undefined {
    const count = (this.counts.get(call) ?? 0) + 1;
    this.counts.set(call, count);
    let forced: number | undefined;
    for (const fault of this.faults) {
      if (fault.call === call && count >= fault.from && count <= fault.to) forced ??= fault.act();
    }
    return forced;
  }

  before(call: string): number | undefined {
    return this.fire(call);
  }

  allocatorFails(): boolean {
    return this.fire("allocator") === 1;
  }

  trap(hostCall: string, nth = 1): void {
    this.arm(hostCall, nth, 1, () => {
      throw new WebAssembly.RuntimeError(`injected trap at ${hostCall}`);
    });
  }

  status(hostCall: string, status: number, { nth = 1, times = Infinity } = {}): void {
    this.arm(hostCall, nth, times, () => status);
  }

  allocator(nth = 1, times = Infinity): void {
    this.arm("allocator", nth, times, () => 1);
  }

  before_(hostCall: string, fn: () => void, nth = 1): void {
    this.arm(hostCall, nth, 1, () => {
      fn();
      return undefined;
    });
  }

  clear(): void {
    this.faults = [];
  }
}
