import { NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { Address, maskOf, parseAddress } from "./address";

/**
 * A range of addresses. `0.0.0.0/0` and `::/0` hold every address of both kinds, as in Higress;
 * bits behind the mask are ignored.
 */
@final
export class Network {
  constructor(
    private readonly base: Address,
    /** Length of the prefix; see `Address.masked`. */
    private readonly bits: i32,
  ) {}

  contains(address: Address): bool {
    const high = (address.high ^ this.base.high) & maskOf(min(this.bits, 64));
    const low = (address.low ^ this.base.low) & maskOf(this.bits - 64);
    return (high | low) == 0;
  }
}

/** An address or a CIDR; null for anything else, a mask that is too long included. */
export function parseNetwork(text: Slice): Network | null {
  const slash = text.indexOf(0x2f);
  const host = slash < 0 ? text : text.sub(0, slash);
  const address = parseAddress(host);
  if (address === null) return null;
  if (slash < 0) return new Network(address, 128);
  const digits = text.sub(slash + 1);
  const bits = <u32>(digits.at(0) - 0x30) < 10 ? parseInteger(digits) : NOT_AN_INTEGER;
  const isDotted = host.indexOf(0x3a) < 0;
  if (bits < 0 || bits > (isDotted ? 32 : 128)) return null;
  return new Network(address, isDotted && bits > 0 ? <i32>bits + 96 : <i32>bits);
}
