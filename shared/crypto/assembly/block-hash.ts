import { Slice } from "@ai-gateway-wasm/bytes";

/** Bytes per block: the same for MD5, SHA-1 and SHA-256. */
export const BLOCK_SIZE: i32 = 64;

/**
 * What MD5, SHA-1 and SHA-256 share: collecting blocks, padding, and writing the digest.
 *
 *   message bytes | 0x80 | zeros | message length in bits, 8 bytes      (a multiple of 64 bytes)
 *
 * An object is reusable: `finish` leaves it as new. Nothing is allocated between construction and
 * `finish`, and `finishInto` allocates nothing either.
 */
export abstract class BlockHash {
  /** The running state; `digestSize / 4` words in the CPU's order. */
  private readonly state: StaticArray<u32>;
  /** The last, incomplete block: its first `total % 64` bytes are message. */
  private readonly partial: StaticArray<u8> = new StaticArray<u8>(BLOCK_SIZE);
  /** Message bytes so far. */
  private total: u64 = 0;

  /**
   * The algorithm is a function and not a virtual method: asc compiles every override in every
   * imported file, so one hash would drag in the others.
   */
  constructor(
    /** Length of the digest in bytes. */
    readonly digestSize: i32,
    /** Address of the initial state in static data. */
    private readonly initial: usize,
    /** True when lengths and words are written with the high byte first (SHA, not MD5). */
    private readonly isBigEndian: bool,
    /** Mixes the 64 bytes at `block` into the words at `state`. */
    private readonly compress: (state: usize, block: usize) => void,
  ) {
    this.state = new StaticArray<u32>(digestSize >> 2);
    this.reset();
  }

  /** Appends `data` to the message. */
  update(data: Slice): void {
    this.updateRaw(data.ptr, data.length);
  }

  /** Appends `length` bytes at `ptr` to the message. Only for `shared/`. */
  updateRaw(ptr: usize, length: i32): void {
    const partial = changetype<usize>(this.partial);
    const used = <i32>(this.total & (BLOCK_SIZE - 1));
    this.total += <u64>length;
    if (used > 0) {
      const taken = min(BLOCK_SIZE - used, length);
      memory.copy(partial + <usize>used, ptr, taken);
      if (used + taken < BLOCK_SIZE) return;
      this.compress(this.statePtr, partial);
      ptr += <usize>taken;
      length -= taken;
    }
    for (; length >= BLOCK_SIZE; length -= BLOCK_SIZE) {
      this.compress(this.statePtr, ptr);
      ptr += BLOCK_SIZE;
    }
    memory.copy(partial, ptr, length);
  }

  /** The digest in bytes of its own; the object is then ready for the next message. */
  finish(): Slice {
    const digest = new StaticArray<u8>(this.digestSize);
    this.finishInto(changetype<usize>(digest));
    return Slice.of(digest);
  }

  /** Writes the digest (`digestSize` bytes) to `out`; the object is then ready for the next message. */
  finishInto(out: usize): void {
    this.pad();
    const state = this.statePtr;
    for (let i = 0; i < this.digestSize; i += 4) {
      const word = load<u32>(state + <usize>i);
      store<u32>(out + <usize>i, this.isBigEndian ? bswap(word) : word);
    }
    this.reset();
  }

  /** Forgets the message so far. */
  reset(): void {
    this.total = 0;
    memory.copy(this.statePtr, this.initial, this.digestSize);
  }

  /** Copies the state after whole blocks to `into` (as many words as the state has). */
  saveState(into: StaticArray<u32>): void {
    memory.copy(changetype<usize>(into), this.statePtr, this.digestSize);
  }

  /** Continues from a saved state that `blocks` whole blocks led to. */
  restoreState(from: StaticArray<u32>, blocks: u32): void {
    memory.copy(this.statePtr, changetype<usize>(from), this.digestSize);
    this.total = <u64>blocks * BLOCK_SIZE;
  }

  private get statePtr(): usize {
    return changetype<usize>(this.state);
  }

  private pad(): void {
    const partial = changetype<usize>(this.partial);
    let used = <i32>(this.total & (BLOCK_SIZE - 1));
    store<u8>(partial + <usize>used, 0x80);
    used += 1;
    if (used > BLOCK_SIZE - 8) {
      // No room for the length: it goes into a block of its own.
      memory.fill(partial + <usize>used, 0, BLOCK_SIZE - used);
      this.compress(this.statePtr, partial);
      used = 0;
    }
    memory.fill(partial + <usize>used, 0, BLOCK_SIZE - 8 - used);
    const bits = this.total << 3;
    store<u64>(partial + BLOCK_SIZE - 8, this.isBigEndian ? bswap(bits) : bits);
    this.compress(this.statePtr, partial);
  }
}
