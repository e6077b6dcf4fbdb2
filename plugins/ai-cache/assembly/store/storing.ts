import { Metrics } from "../metrics";
import { Lead } from "./single-flight";

/** An answer that a store and a vector database are taking, and those who wait for it. */
@final
export class Storing {
  private isStored: bool = false;

  constructor(
    private readonly metrics: Metrics,
    /** Null: nobody waits. */
    private readonly lead: Lead | null,
  ) {}

  /** Once, when the store has taken it or has not. */
  settle(isStored: bool): void {
    const lead = this.lead;
    if (isStored) this.count();
    if (lead !== null) lead.release();
  }

  /** Somebody has taken it; it is stored once, whoever else takes it. */
  count(): void {
    if (this.isStored) return;
    this.isStored = true;
    this.metrics.stored.increment();
  }
}
