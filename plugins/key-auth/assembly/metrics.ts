import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter } from "proxy-wasm-as";
import { Denial } from "./replies";

/** Counters by outcome; no consumer and no key in a name (key-auth.md 4.3). */
@final
export class Metrics {
  readonly ok: Counter = new Counter(bytes("key_auth_ok"));
  private readonly noKey: Counter = new Counter(bytes("key_auth_no_key"));
  private readonly severalKeys: Counter = new Counter(bytes("key_auth_multi_key"));
  private readonly invalid: Counter = new Counter(bytes("key_auth_invalid"));
  private readonly forbidden: Counter = new Counter(bytes("key_auth_forbidden"));
  private readonly expired: Counter = new Counter(bytes("key_auth_expired"));
  private readonly disabled: Counter = new Counter(bytes("key_auth_disabled"));
  private readonly modelDenied: Counter = new Counter(bytes("key_auth_model_denied"));

  countDenial(denial: Denial): void {
    this.counterOf(denial).increment();
  }

  private counterOf(denial: Denial): Counter {
    switch (denial) {
      case Denial.SeveralKeys:
        return this.severalKeys;
      case Denial.NoKey:
        return this.noKey;
      case Denial.UnknownKey:
        return this.invalid;
      case Denial.Expired:
      case Denial.NotActiveYet:
        return this.expired;
      case Denial.Disabled:
        return this.disabled;
      case Denial.NotAllowed:
      case Denial.NoProviderKey:
        return this.forbidden;
      default:
        return this.modelDenied;
    }
  }
}
