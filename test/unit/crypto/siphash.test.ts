import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { CryptoDriver } from "./driver.js";

// The first of the reference implementation's vectors: key 00…0f, message 00, 01, 02 …
const VECTORS = [
  "a3817f04ba25a8e66df67214c7550293",
  "da87c1d86b99af44347659119b22fc45",
  "8177228da4a45dc7fca38bdef60affe4",
];

/** SipHash-2-4-128 as the paper writes it, on big integers. */
function model(key: Buffer, message: Buffer): string {
  const rotate = (word: bigint, by: bigint): bigint =>
    BigInt.asUintN(64, (word << by) | (word >> (64n - by)));
  const [k0, k1] = [key.readBigUInt64LE(0), key.readBigUInt64LE(8)];
  const v = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn ^ 0xeen,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint];
  const half = (a: 0 | 2, b: 1 | 3, by: bigint): void => {
    v[a] = BigInt.asUintN(64, v[a] + v[b]);
    v[b] = rotate(v[b], by) ^ v[a];
  };
  const mix = (rounds: number): void => {
    for (; rounds > 0; rounds--) {
      half(0, 1, 13n);
      v[0] = rotate(v[0], 32n);
      half(2, 3, 16n);
      half(0, 3, 21n);
      half(2, 1, 17n);
      v[2] = rotate(v[2], 32n);
    }
  };
  const padded = Buffer.alloc((message.length & ~7) + 8);
  message.copy(padded);
  padded[padded.length - 1] = message.length & 255;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    v[3] ^= word;
    mix(2);
    v[0] ^= word;
  }
  const out = Buffer.alloc(16);
  v[2] ^= 0xeen;
  mix(4);
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 0);
  v[1] ^= 0xddn;
  mix(4);
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 8);
  return out.toString("hex");
}

describe("SipHash-2-4 with 128 bits", () => {
  const count = Buffer.from(Array.from({ length: 200 }, (_, i) => i));
  let driver: CryptoDriver;
  beforeAll(async () => {
    driver = await CryptoDriver.load();
  });

  it.each(VECTORS.map((code, length) => ({ code, length })))(
    "of $length bytes",
    ({ code, length }) => {
      const key = count.subarray(0, 16);
      expect(model(key, count.subarray(0, length))).toBe(code);
      expect(driver.sipHash128(key, count.subarray(0, length))).toBe(code);
    },
  );

  it("agrees with the paper for every length to 200 bytes", () => {
    for (let length = 0; length <= 200; length++) {
      const [key, message] = [randomBytes(16), randomBytes(length)];
      expect(driver.sipHash128(key, message)).toBe(model(key, message));
    }
  });
});
