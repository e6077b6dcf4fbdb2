import type { CallBudget } from "../types.js";

/** Counts what one callback uses and tells what went over (rule S30). One per VM. */
export class Budget {
  private hostCalls = 0;
  private allocations = 0;
  private began = 0;

  constructor(
    private readonly budgets: Readonly<Record<string, CallBudget>>,
    private readonly over: (message: string) => void,
  ) {}

  begin(): void {
    this.hostCalls = this.allocations = 0;
    this.began = performance.now();
  }

  hostCall(): void {
    this.hostCalls++;
  }

  allocation(): void {
    this.allocations++;
  }

  end(callback: string): void {
    const budget = this.budgets[callback] ?? this.budgets["*"];
    if (!budget) return;
    const ms = performance.now() - this.began;
    this.compare(this.hostCalls, budget.hostCalls, "host calls");
    this.compare(this.allocations, budget.allocations, "allocations for the host");
    this.compare(ms, budget.ms, "ms");
  }

  private compare(used: number, allowed: number | undefined, unit: string): void {
    if (allowed === undefined || used <= allowed) return;
    const shown = Number.isInteger(used) ? used : used.toFixed(1);
    this.over(`${shown} ${unit}, the budget is ${allowed}`);
  }
}
