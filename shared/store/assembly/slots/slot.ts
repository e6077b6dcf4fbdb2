import { NO_BYTES, sameBytes, Slice } from "@ai-gateway-wasm/bytes";

/** `AIC1` as a little-endian number. */
const MAGIC: u32 = 0x31434941;
export const DIGEST_SIZE: i32 = 32;
const HEADER_SIZE: i32 = 64;

/**
 * One stored payload:
 *
 *   ┌──────┬─────────────┬─────────┬────────────┬──────────────────┬───────┬────────┬─────────┐
 *   │ AIC1 │ digest 32 B │ gen u32 │ created ms │ expires ms, 0: – │ flags │ length │ payload │
 *   └──────┴─────────────┴─────────┴────────────┴──────────────────┴───────┴────────┴─────────┘
 *
 * It names itself: whatever a directory says, a payload is handed out only for its own digest.
 */
@final
export class SlotEntry {
  constructor(
    /** In the callback arena when it was read. */
    readonly payload: Slice,
    readonly createdMs: i64,
    /** 0: never. */
    readonly expiresMs: i64,
    readonly flags: u32 = 0,
  ) {}

  isExpired(nowMs: i64): bool {
    return this.expiresMs != 0 && this.expiresMs <= nowMs;
  }

  /** @param generation of the directory's entry */
  encode(digest: Slice, generation: u32): Slice {
    const data = new StaticArray<u8>(HEADER_SIZE + this.payload.length);
    const at = changetype<usize>(data);
    store<u32>(at, MAGIC);
    memory.copy(at + 4, digest.ptr, DIGEST_SIZE);
    store<u32>(at, generation, 36);
    store<i64>(at, this.createdMs, 40);
    store<i64>(at, this.expiresMs, 48);
    store<u32>(at, this.flags, 56);
    store<u32>(at, this.payload.length, 60);
    memory.copy(at + <usize>HEADER_SIZE, this.payload.ptr, this.payload.length);
    return Slice.of(data);
  }

  /** Null: it is no entry of this digest and generation. */
  static decode(data: Slice, digest: Slice, generation: u32): SlotEntry | null {
    const at = data.ptr;
    if (data.length < HEADER_SIZE || load<u32>(at) != MAGIC) return null;
    if (!sameBytes(at + 4, digest.ptr, DIGEST_SIZE)) return null;
    const length = load<u32>(at, 60);
    if (load<u32>(at, 36) != generation || <i64>length != <i64>(data.length - HEADER_SIZE)) {
      return null;
    }
    const payload = length == 0 ? NO_BYTES : data.sub(HEADER_SIZE);
    return new SlotEntry(payload, load<i64>(at, 40), load<i64>(at, 48), load<u32>(at, 56));
  }
}
