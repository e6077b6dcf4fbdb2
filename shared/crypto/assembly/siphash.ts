import { Slice } from "@ai-gateway-wasm/bytes";

// The four words of the state: globals, as nothing is kept between two calls.
let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;

/**
 * SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012; reference implementation of 2015): a
 * keyed hash for tables whose keys strangers choose. Who does not know the key finds no collisions.
 * Not for secrets that are guessed, such as API keys. A third of SHA-256's code.
 *
 * @param key 16 bytes count; missing ones are zero
 * @returns 16 bytes of its own
 */
export function sipHash128(key: Slice, data: Slice): Slice {
  const k0 = wordAt(key, 0);
  const k1 = wordAt(key, 8);
  v0 = k0 ^ 0x736f6d6570736575;
  v1 = k1 ^ 0x646f72616e646f6d ^ 0xee;
  v2 = k0 ^ 0x6c7967656e657261;
  v3 = k1 ^ 0x7465646279746573;
  const whole = data.length & ~7;
  for (let at = 0; at < whole; at += 8) take(wordAt(data, at));
  take(wordAt(data, whole) | ((<u64>data.length) << 56));
  const out = new StaticArray<u8>(16);
  v2 ^= 0xee;
  store<u64>(changetype<usize>(out), finish());
  v1 ^= 0xdd;
  store<u64>(changetype<usize>(out) + 8, finish());
  return Slice.of(out);
}

/** Little endian; bytes behind the end are zero. */
function wordAt(data: Slice, at: i32): u64 {
  if (at + 8 <= data.length) return load<u64>(data.ptr + <usize>at);
  let word: u64 = 0;
  for (let i = min(data.length - at, 8) - 1; i >= 0; i--) {
    word = (word << 8) | load<u8>(data.ptr + <usize>(at + i));
  }
  return word;
}

function take(word: u64): void {
  v3 ^= word;
  mix(2);
  v0 ^= word;
}

function finish(): u64 {
  mix(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

function mix(rounds: i32): void {
  for (; rounds > 0; rounds--) {
    v0 += v1;
    v1 = rotl(v1, 13) ^ v0;
    v0 = rotl(v0, 32);
    v2 += v3;
    v3 = rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl(v1, 17) ^ v2;
    v2 = rotl(v2, 32);
  }
}
