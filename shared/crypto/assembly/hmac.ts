import { Slice } from "@ai-gateway-wasm/bytes";
import { BLOCK_SIZE, BlockHash } from "./block-hash";

/**
 * HMAC (RFC 2104) with a prepared key: the two blocks made of the key are hashed once, so a
 * message costs two compressions less than a fresh HMAC. Reusable: `finish` leaves it as new.
 *
 *   H( key ^ 0x5c… | H( key ^ 0x36… | message ) )
 */
export abstract class Hmac {
  /** State of the hash after the block `key ^ 0x36…`. */
  private readonly inner: StaticArray<u32>;
  /** State of the hash after the block `key ^ 0x5c…`. */
  private readonly outer: StaticArray<u32>;

  constructor(
    private readonly hash: BlockHash,
    key: Slice,
  ) {
    const block = new StaticArray<u8>(BLOCK_SIZE);
    const ptr = changetype<usize>(block);
    if (key.length > BLOCK_SIZE) {
      hash.update(key);
      hash.finishInto(ptr);
    } else {
      memory.copy(ptr, key.ptr, key.length);
    }
    this.inner = stateAfter(hash, ptr, 0x36363636);
    // The block now holds key ^ 0x36…: xor with 0x36 ^ 0x5c turns it into key ^ 0x5c….
    this.outer = stateAfter(hash, ptr, 0x6a6a6a6a);
    memory.fill(ptr, 0, BLOCK_SIZE);
    hash.restoreState(this.inner, 1);
  }

  /** Appends `data` to the message. */
  update(data: Slice): void {
    this.hash.update(data);
  }

  /** The code in bytes of its own; the object is then ready for the next message. */
  finish(): Slice {
    const code = new StaticArray<u8>(this.hash.digestSize);
    this.finishInto(changetype<usize>(code));
    return Slice.of(code);
  }

  /** Writes the code to `out` (as many bytes as the hash has); then ready for the next message. */
  finishInto(out: usize): void {
    const hash = this.hash;
    hash.finishInto(out);
    hash.restoreState(this.outer, 1);
    hash.updateRaw(out, hash.digestSize);
    hash.finishInto(out);
    hash.restoreState(this.inner, 1);
  }
}

/** Xors the block at `ptr` with `pad` in place and answers the state of the hash after it. */
function stateAfter(hash: BlockHash, ptr: usize, pad: u32): StaticArray<u32> {
  for (let i: usize = 0; i < <usize>BLOCK_SIZE; i += 4) {
    store<u32>(ptr + i, load<u32>(ptr + i) ^ pad);
  }
  hash.reset();
  hash.updateRaw(ptr, BLOCK_SIZE);
  const state = new StaticArray<u32>(hash.digestSize >> 2);
  hash.saveState(state);
  return state;
}
