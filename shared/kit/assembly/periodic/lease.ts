import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  getSharedData,
  ONLY_IF_ABSENT,
  randomBytes,
  setSharedData,
  Status,
  wallClockSeconds,
} from "proxy-wasm-as";
import { fingerprint } from "../redact";

const OWNER_SIZE: i32 = 16;
const VALUE_SIZE: i32 = OWNER_SIZE + 8;

/**
 * Chooses one of the workers of a gateway process for a job (host.md 5.10), through shared data:
 *
 *   ┌──────────────────┬───────────────────────────┐
 *   │ 16 random bytes  │ unix seconds, big endian  │   who has it, and since when
 *   └──────────────────┴───────────────────────────┘
 *
 * The peer has one key for all plugins of a `vm_id`; here each configuration of each plugin has its
 * own.
 */
@final
export class Lease {
  private readonly key: Slice;
  private readonly owner: Slice;

  /**
   * @param plugin name of the plugin
   * @param configuration the bytes that all workers are configured with
   * @param seconds after which somebody else may take it when it was not renewed
   */
  constructor(
    plugin: Slice,
    configuration: Slice,
    private readonly seconds: i64 = 60,
  ) {
    const key = new Builder().append(plugin).appendText(":lease:");
    this.key = key.append(fingerprint(configuration)).toSlice();
    const owner = randomBytes(OWNER_SIZE);
    this.owner = owner === null ? NO_BYTES : owner;
  }

  /** Takes the lease if it is free, else renews it. True: the job is ours. Any trouble: it is not. */
  renew(): bool {
    if (this.owner.isEmpty) return false;
    const now = wallClockSeconds();
    const found = getSharedData(this.key);
    if (found !== null && !this.mayTake(found.data, now)) return false;
    const cas = found === null ? ONLY_IF_ABSENT : found.cas;
    return setSharedData(this.key, this.valueAt(now), cas) == Status.Ok;
  }

  private mayTake(value: Slice, now: i64): bool {
    if (value.length != VALUE_SIZE || value.sub(0, OWNER_SIZE).equals(this.owner)) return true;
    let since: i64 = 0;
    for (let i = OWNER_SIZE; i < VALUE_SIZE; i++) since = (since << 8) | (<i64>value.at(i));
    // A date in the future is that of a clock which was set back since.
    return since > now || now - since > this.seconds;
  }

  private valueAt(now: i64): Slice {
    const value = new Builder(VALUE_SIZE).append(this.owner);
    for (let shift = 56; shift >= 0; shift -= 8) value.appendByte(<u8>(now >> shift));
    return value.view();
  }
}
