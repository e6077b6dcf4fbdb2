import { Slice } from "@ai-gateway-wasm/bytes";
import { Regex } from "@ai-gateway-wasm/match";
import { Limit } from "./limit";
import { Network } from "./network";
import { Value } from "./sources";

/** Which values a key holds for. */
export const enum KeyKind {
  Exact,
  Any,
  Regexp,
  Network,
}

/** One entry of `limit_keys`: for which values, how much. */
@final
export class LimitKey {
  /** At least one. */
  readonly limits: Limit[] = [];
  /** With `Regexp`. */
  regex: Regex | null = null;
  /** With `Network`. */
  network: Network | null = null;

  constructor(
    private readonly kind: KeyKind,
    private readonly text: Slice,
  ) {}

  /** The only value it holds for, or null. */
  get literal(): Slice | null {
    return this.kind == KeyKind.Exact ? this.text : null;
  }

  matches(value: Value): bool {
    switch (this.kind) {
      case KeyKind.Any:
        return true;
      case KeyKind.Regexp: {
        const regex = this.regex;
        // The peer compares with the whole text `regexp:…` as well.
        return (regex !== null && regex.matches(value.text)) || value.text.equals(this.text);
      }
      case KeyKind.Network: {
        const network = this.network;
        const address = value.address;
        return network !== null && address !== null && network.contains(address);
      }
      default:
        return value.text.equals(this.text);
    }
  }
}
