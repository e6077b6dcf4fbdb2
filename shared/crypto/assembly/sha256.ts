import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { BlockHash } from "./block-hash";

/**
 * SHA-256 (FIPS 180-4, 6.2), streaming: `update` any number of times, then `finish`.
 *
 * Four rounds are unrolled because the eight working variables then change roles by name. The message
 * schedule is made four words at a time, and what comes last, `sum1` of the word of the round before, is
 * added last: both together take 0.7 times what rounds behind a finished schedule took (326 ns for a
 * 40-byte token, 231 MB/s for 64 KiB, test/bench/micro/sha256.ts in Node 20.20 on an AMD EPYC (Zen 4),
 * 2026-11; node:crypto 919 ns, most of it the call, and 1752 MB/s with the CPU's SHA instructions).
 */
@final
export class Sha256 extends BlockHash {
  constructor() {
    if (load<u32>(INITIAL) == 0) makeConstants();
    super(32, INITIAL, true, compress);
  }
}

/** The first state: 8 words, and 56 that nobody reads. */
const INITIAL: usize = memory.data(256);
/** A word for each of the 64 rounds. */
const CONSTANTS: usize = memory.data(256);

let shared: Sha256 | null = null;
let sharedDigest: Slice = NO_BYTES;

/** The SHA-256 of `data`: 32 bytes of its own. */
export function sha256(data: Slice): Slice {
  return sha256Once(data).copy();
}

/** The SHA-256 of `data` in 32 bytes that the next call overwrites: for looking something up. */
export function sha256Once(data: Slice): Slice {
  let hash = shared;
  if (hash === null) {
    hash = new Sha256();
    shared = hash;
    sharedDigest = Slice.of(new StaticArray<u8>(32));
  }
  hash.update(data);
  hash.finishInto(sharedDigest.ptr);
  return sharedDigest;
}

/**
 * One block of the message at `block` into the words at `state`. Beside four rounds the four words of the
 * message schedule are made that are needed in 16 rounds:
 *
 *   w0 w1 w2 w3 ─► rounds with w0 ─► w1 w2 w3 next
 */
function compress(state: usize, block: usize): void {
  const w = memory.data(16); // four words with their constants, static: blocks are never nested
  let w0 = bigEndian(block);
  let w1 = bigEndian(block + 16);
  let w2 = bigEndian(block + 32);
  let w3 = bigEndian(block + 48);

  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let i: usize = 0; i < 256; i += 16) {
    v128.store(w, i32x4.add(w0, v128.load(CONSTANTS + i)));
    const next = i < 192 ? nextWords(w0, w1, w2, w3) : w0;
    w0 = w1;
    w1 = w2;
    w2 = w3;
    w3 = next;
    h = h + load<u32>(w) + choose(e, f, g) + sum1(e);
    d += h;
    h += sum0(a) + majority(a, b, c);
    g = g + load<u32>(w, 4) + choose(d, e, f) + sum1(d);
    c += g;
    g += sum0(h) + majority(h, a, b);
    f = f + load<u32>(w, 8) + choose(c, d, e) + sum1(c);
    b += f;
    f += sum0(g) + majority(g, h, a);
    e = e + load<u32>(w, 12) + choose(b, c, d) + sum1(b);
    a += e;
    e += sum0(f) + majority(f, g, h);
    // The next four rounds find each variable where these four have left it.
    const first = a;
    a = e;
    e = first;
    const second = b;
    b = f;
    f = second;
    const third = c;
    c = g;
    g = third;
    const fourth = d;
    d = h;
    h = fourth;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

/** Four words of the message. */
// @ts-expect-error: decorator
@inline
function bigEndian(at: usize): v128 {
  const words = v128.load(at);
  return i8x16.shuffle(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** The four words of the schedule after these sixteen; the last two of them need the first two. */
// @ts-expect-error: decorator
@inline
function nextWords(w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const zero = i32x4.splat(0);
  const x = v128.shuffle<i32>(w0, w1, 1, 2, 3, 4);
  const small0 = v128.xor(v128.xor(rotate(x, 7), rotate(x, 18)), i32x4.shr_u(x, 3));
  const sum = i32x4.add(i32x4.add(w0, small0), v128.shuffle<i32>(w2, w3, 1, 2, 3, 4));
  const low = i32x4.add(sum, small1(v128.shuffle<i32>(w3, zero, 2, 3, 4, 4)));
  return i32x4.add(low, small1(v128.shuffle<i32>(low, zero, 4, 4, 0, 1)));
}

// @ts-expect-error: decorator
@inline
function small1(x: v128): v128 {
  return v128.xor(v128.xor(rotate(x, 17), rotate(x, 19)), i32x4.shr_u(x, 10));
}

// @ts-expect-error: decorator
@inline
function rotate(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

/**
 * The first 32 bits of the fractions of the roots of the first primes: square roots for the first
 * state (FIPS 180-4, 5.3.3), cube roots for the rounds (4.2.2). Made, not listed: random-looking bytes
 * do not compress, a module is 90 bytes smaller.
 */
function makeConstants(): void {
  let at: usize = 0;
  for (let number = 2; at < 256; number++) {
    let divisor = 2;
    while (number % divisor != 0) divisor++;
    if (divisor < number) continue; // no prime
    store<u32>(INITIAL + at, fraction(Math.sqrt(number)));
    store<u32>(CONSTANTS + at, fraction(cubeRoot(number)));
    at += 4;
  }
}

/** By Newton's method; from the number itself down, 20 steps are enough for all that are asked for. */
function cubeRoot(number: f64): f64 {
  let root = number;
  for (let i = 0; i < 20; i++) root -= (root - number / (root * root)) / 3;
  return root;
}

/** The first 32 bits behind the point; what stands before it falls off. */
function fraction(root: f64): u32 {
  return <u32>(<i64>(root * 4294967296));
}

// @ts-expect-error: decorator
@inline
function sum0(x: u32): u32 {
  return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
}

// @ts-expect-error: decorator
@inline
function sum1(x: u32): u32 {
  return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
}

// @ts-expect-error: decorator
@inline
function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

// @ts-expect-error: decorator
@inline
function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}
