import { Metrics } from "../metrics";
import { Lead } from "./single-flight";

/** An answer that a store is taking, and those who wait for it. */
@final
export class Storing {
  constructor(
    private readonly metrics: Metrics,
    /** Null: nobody waits. */
    private readonly lead: Lead | null,
  ) {}

  /** Once, when the store has taken it or has not. */
  settle(isStored: bool): void {
    const lead = this.lead;
    if (isStored) this.metrics.stored.increment();
    if (lead !== null) lead.release();
  }
}
