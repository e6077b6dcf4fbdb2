import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Estimate, Pricing } from "@ai-gateway-wasm/llm/pricing";

/** What balances count; the order of `UNITS`. */
export const enum Unit {
  Tokens,
  Requests,
  /** Weighted tokens, such as millionths of a dollar. */
  Cost,
}

const UNITS: string[] = ["tokens", "requests", "cost"];
const WEEK_SECONDS: i64 = 604800;

/** What is taken from a balance before a request goes on (token-quota.md 7.3). */
@final
export class ReservationPolicy {
  /** False: nothing; what was spent is taken afterwards, as in the peer. */
  isOn: bool = false;
  /** A balance that does not hold the whole estimate denies. */
  isStrict: bool = false;
  /** After so many seconds what nobody settled comes back; 0: it is lost. */
  healSeconds: i64 = 600;
  estimate: Estimate = new Estimate();

  /** Reads the object `reservation`. */
  static read(config: ConfigReader): ReservationPolicy {
    const policy = new ReservationPolicy();
    policy.isOn = config.flag("enabled");
    policy.isStrict = config.flag("strict");
    const seconds = config.integer("heal_seconds", policy.healSeconds, 1, WEEK_SECONDS);
    policy.healSeconds = config.flag("heal", true) ? seconds : 0;
    policy.estimate = Estimate.read(config);
    return policy;
  }
}

/** How a request is charged. */
@final
export class Metering {
  readonly unit: Unit;
  readonly pricing: Pricing;
  readonly reservation: ReservationPolicy;
  /** Charge an estimate where a successful response does not say what it used. */
  readonly estimates: bool;
  /** Ask the upstream for responses that can be read. */
  readonly stripsAcceptEncoding: bool;

  constructor(config: ConfigReader) {
    const unit = <Unit>config.choice("unit", UNITS, Unit.Tokens);
    const pricing = new Pricing(config);
    if (unit == Unit.Cost && !pricing.hasWeights) {
      config.refuse("unit", "cost needs weights in counting or model_weights");
    }
    const block = config.block("reservation");
    const reservation = block === null ? new ReservationPolicy() : ReservationPolicy.read(block);
    this.unit = unit;
    this.pricing = pricing;
    this.reservation = reservation;
    this.estimates = reservation.isOn || config.flag("estimate_missing_usage");
    this.stripsAcceptEncoding = config.flag("strip_accept_encoding", true);
  }

  get estimate(): Estimate {
    return this.reservation.estimate;
  }

  /** The word of `unit`. */
  get unitName(): string {
    return UNITS[this.unit];
  }
}
