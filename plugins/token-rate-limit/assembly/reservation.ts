import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Estimate } from "@ai-gateway-wasm/llm/pricing";

/** What is taken from the limits before a request goes on (token-rate-limit.md 7.5). */
@final
export class ReservationPolicy {
  /** False: nothing; what was spent is charged afterwards, as in the peer. */
  isOn: bool = false;
  /** A limit that nobody uses yet denies what does not fit, too. */
  isStrict: bool = false;
  /** Look into the body for its length and for how long the answer may be. */
  readsBody: bool = false;
  estimate: Estimate = new Estimate();

  /** Whether a configuration reserves. */
  static isWanted(config: ConfigReader): bool {
    const block = config.block("reservation");
    return block !== null && block.flag("enabled");
  }

  /** Reads the object `reservation`. */
  static read(config: ConfigReader): ReservationPolicy {
    const policy = new ReservationPolicy();
    const block = config.block("reservation");
    if (block === null) return policy;
    policy.isOn = ReservationPolicy.isWanted(config);
    policy.isStrict = !block.flag("allow_oversize", true);
    policy.readsBody = policy.isOn && block.flag("read_body");
    policy.estimate = Estimate.read(block);
    return policy;
  }
}
