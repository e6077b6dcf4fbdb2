import { Claim, Flights } from "@ai-gateway-wasm/store/slots";
import { CacheKey } from "../key/cache-key";

/** The right to ask the model while others wait. */
@final
export class Lead {
  constructor(
    private readonly flight: SingleFlight,
    private readonly key: CacheKey,
    private readonly claimedMs: i64,
  ) {}

  release(): void {
    this.flight.release(this.key, this.claimedMs);
  }
}

/** One leader per question (`singleFlight`): those who ask the same meanwhile wait for its answer. */
@final
export class SingleFlight {
  constructor(
    private readonly flights: Flights,
    readonly maxWaitMs: i64,
  ) {}

  claim(key: CacheKey, nowMs: i64): Claim {
    return this.flights.claim(key.slot, nowMs, nowMs + this.maxWaitMs);
  }

  isHeld(key: CacheKey, nowMs: i64): bool {
    return this.flights.isHeld(key.slot, nowMs);
  }

  /** @param claimedMs when it was claimed */
  release(key: CacheKey, claimedMs: i64): void {
    this.flights.release(key.slot, claimedMs + this.maxWaitMs);
  }
}
