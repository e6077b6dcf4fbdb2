import { Slice } from "@ai-gateway-wasm/bytes";
import { BlockHash } from "./block-hash";

/**
 * SHA-1 (FIPS 180-4, 6.1), streaming. Broken for signatures; here only because services ask for
 * HMAC-SHA1. Written for size: no service hashes more than a request body with it.
 */
@final
export class Sha1 extends BlockHash {
  constructor() {
    const initial = memory.data<u32>([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
    super(20, initial, true, compress);
  }
}

let shared: Sha1 | null = null;

/** The SHA-1 of `data`: 20 bytes of its own. */
export function sha1(data: Slice): Slice {
  let hash = shared;
  if (hash === null) {
    hash = new Sha1();
    shared = hash;
  }
  hash.update(data);
  return hash.finish();
}

/** One block of the message at `block` into the words at `state`. */
function compress(state: usize, block: usize): void {
  const w = memory.data(320); // the 80 words of the message schedule
  for (let i: usize = 0; i < 64; i += 4) {
    store<u32>(w + i, bswap(load<u32>(block + i)));
  }
  for (let at = w; at < w + 256; at += 4) {
    const mixed = load<u32>(at) ^ load<u32>(at, 8) ^ load<u32>(at, 32) ^ load<u32>(at, 52);
    store<u32>(at, rotl(mixed, 1), 64);
  }

  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let i = 0; i < 80; i++) {
    const next = rotl(a, 5) + e + mix(i, b, c, d) + load<u32>(w + ((<usize>i) << 2));
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}

/** The logical function of round `i` plus its constant (FIPS 180-4, 4.1.1 and 4.2.1). */
function mix(i: i32, b: u32, c: u32, d: u32): u32 {
  if (i < 20) return (d ^ (b & (c ^ d))) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}
