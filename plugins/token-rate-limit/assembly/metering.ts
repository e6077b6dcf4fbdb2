import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Estimate, Pricing } from "@ai-gateway-wasm/llm/pricing";
import { ReservationPolicy } from "./reservation";

/** How many tokens a request counts, and when. */
@final
export class Metering {
  readonly pricing: Pricing;
  readonly reservation: ReservationPolicy;
  /** Charge an estimate where a successful response does not say what it used. */
  readonly estimates: bool;
  /** Charge limits that are passed already, too. */
  readonly chargesAbove: bool;

  constructor(config: ConfigReader) {
    this.pricing = new Pricing(config);
    this.reservation = ReservationPolicy.read(config);
    this.estimates = this.reservation.isOn || config.flag("estimate_missing_usage");
    this.chargesAbove = this.reservation.isOn || config.flag("charge_above_limit");
  }

  get estimate(): Estimate {
    return this.reservation.estimate;
  }
}
