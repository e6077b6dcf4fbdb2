import {
  HmacSha1,
  HmacSha256,
  Md5,
  Sha1,
  Sha256,
  hmacSha1,
  hmacSha256,
  md5,
  sha1,
  sha256,
  sipHash128,
} from "@ai-gateway-wasm/crypto";
import { Slice } from "@ai-gateway-wasm/bytes";

// One buffer for what the test writes, one for the digest: nothing to free between calls.
const INPUT = new StaticArray<u8>(1 << 20);
const OUTPUT = new StaticArray<u8>(64);

const SHA256 = new Sha256();
const SHA1 = new Sha1();
const MD5 = new Md5();
let hmac1: HmacSha1 = new HmacSha1(Slice.of(OUTPUT));
let hmac256: HmacSha256 = new HmacSha256(Slice.of(OUTPUT));

export function input(): usize {
  return changetype<usize>(INPUT);
}

export function output(): usize {
  return changetype<usize>(OUTPUT);
}

function part(from: i32, length: i32): Slice {
  return new Slice(input() + <usize>from, length, INPUT);
}

/** Copies `digest` to the output; answers its length. */
function answer(digest: Slice): i32 {
  memory.copy(output(), digest.ptr, digest.length);
  return digest.length;
}

export function sha256Of(length: i32): i32 {
  return answer(sha256(part(0, length)));
}

export function sha1Of(length: i32): i32 {
  return answer(sha1(part(0, length)));
}

export function md5Of(length: i32): i32 {
  return answer(md5(part(0, length)));
}

/** The key comes first in the input, the message follows it. */
export function hmacSha256Of(keyLength: i32, length: i32): i32 {
  return answer(hmacSha256(part(0, keyLength), part(keyLength, length)));
}

export function hmacSha1Of(keyLength: i32, length: i32): i32 {
  return answer(hmacSha1(part(0, keyLength), part(keyLength, length)));
}

export function sha256Update(from: i32, length: i32): void {
  SHA256.update(part(from, length));
}

export function sha256Finish(): i32 {
  return answer(SHA256.finish());
}

export function sha256Reset(): void {
  SHA256.reset();
}

export function sha1Update(from: i32, length: i32): void {
  SHA1.update(part(from, length));
}

export function sha1Finish(): i32 {
  return answer(SHA1.finish());
}

export function sha1Reset(): void {
  SHA1.reset();
}

export function md5Update(from: i32, length: i32): void {
  MD5.update(part(from, length));
}

export function md5Finish(): i32 {
  return answer(MD5.finish());
}

export function md5Reset(): void {
  MD5.reset();
}

/** Prepares both HMACs with the key at the start of the input. */
export function hmacKey(length: i32): void {
  hmac1 = new HmacSha1(part(0, length));
  hmac256 = new HmacSha256(part(0, length));
}

export function hmacSha1Update(from: i32, length: i32): void {
  hmac1.update(part(from, length));
}

export function hmacSha1Finish(): i32 {
  return answer(hmac1.finish());
}

export function hmacSha256Update(from: i32, length: i32): void {
  hmac256.update(part(from, length));
}

export function hmacSha256Finish(): i32 {
  return answer(hmac256.finish());
}

/** Bytes of heap in use after hashing `times` messages of `length` bytes without a new object. */
export function heapGrowth(times: i32, length: i32): i32 {
  const message = part(0, length);
  const before = heapMark();
  for (let i = 0; i < times; i++) {
    SHA256.update(message);
    SHA256.finishInto(output());
    hmac256.update(message);
    hmac256.finishInto(output());
  }
  return heapMark() - before;
}

/** Where the allocator puts a small block now: grows when something was allocated in between. */
function heapMark(): i32 {
  return <i32>changetype<usize>(new StaticArray<u8>(16));
}

/** The key is the first 16 bytes of the input, the message the `length` behind them. */
export function sipHash128Of(length: i32): i32 {
  const at = input();
  const digest = sipHash128(new Slice(at, 16), new Slice(at + 16, length));
  memory.copy(output(), digest.ptr, <usize>digest.length);
  return digest.length;
}
