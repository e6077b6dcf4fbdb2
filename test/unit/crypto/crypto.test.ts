import { createHash, createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { CryptoDriver, compileDriver, type Streaming } from "./driver.js";
import {
  HMAC_SHA1_VECTORS,
  HMAC_SHA256_VECTORS,
  MD5_VECTORS,
  SHA1_VECTORS,
  SHA256_VECTORS,
} from "./vectors.js";

let driver: CryptoDriver;

beforeAll(async () => {
  driver = await CryptoDriver.load();
}, 60_000);

function seeded(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

function randomBytes(length: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

/** Up to `most` positions in a message, ascending; equal ones make an empty update. */
function randomCuts(length: number, most: number, random: () => number): number[] {
  const count = Math.floor(random() * (most + 1));
  return Array.from({ length: count }, () => Math.floor(random() * (length + 1))).sort(
    (a, b) => a - b,
  );
}

const ALGORITHMS = [
  { name: "SHA-256", node: "sha256", one: "sha256Of", stream: "sha256", vectors: SHA256_VECTORS },
  { name: "SHA-1", node: "sha1", one: "sha1Of", stream: "sha1", vectors: SHA1_VECTORS },
  { name: "MD5", node: "md5", one: "md5Of", stream: "md5", vectors: MD5_VECTORS },
] as const;

describe.each(ALGORITHMS)("$name", ({ node, one, stream, vectors }) => {
  it.each(vectors)("hashes $name", ({ message, digest }) => {
    expect(driver.hash(one, message)).toBe(digest);
  });

  it("agrees with node:crypto for every length from 0 to 300 bytes", () => {
    const random = seeded(1);
    for (let length = 0; length <= 300; length++) {
      const message = randomBytes(length, random);
      const expected = createHash(node).update(message).digest("hex");
      expect(driver.hash(one, message), `${length} bytes`).toBe(expected);
    }
  });

  it("gives the same digest however the message is cut", () => {
    const random = seeded(2);
    for (let round = 0; round < 300; round++) {
      const message = randomBytes(Math.floor(random() * 700), random);
      const cuts = randomCuts(message.length, 8, random);
      const expected = createHash(node).update(message).digest("hex");
      expect(driver.stream(stream, message, cuts), `cut at ${cuts.join(" ")}`).toBe(expected);
    }
  });

  it("takes a message byte by byte", () => {
    const message = randomBytes(200, seeded(3));
    const cuts = Array.from({ length: 199 }, (_, i) => i + 1);
    const expected = createHash(node).update(message).digest("hex");
    expect(driver.stream(stream, message, cuts)).toBe(expected);
  });

  it("forgets an unfinished message when it is reset", () => {
    driver.write(Buffer.alloc(100, 1));
    driver.call(`${stream}Update`, 0, 100);
    driver.call(`${stream}Reset`);
    const expected = createHash(node).update("abc").digest("hex");
    expect(driver.stream(stream, Buffer.from("abc"), [])).toBe(expected);
  });
});

const HMACS = [
  { name: "HMAC-SHA256", node: "sha256", one: "hmacSha256Of", vectors: HMAC_SHA256_VECTORS },
  { name: "HMAC-SHA1", node: "sha1", one: "hmacSha1Of", vectors: HMAC_SHA1_VECTORS },
] as const;

describe.each(HMACS)("$name", ({ node, one, vectors }) => {
  const stream: Streaming = node === "sha256" ? "hmacSha256" : "hmacSha1";

  it.each(vectors)("$name", ({ key, message, code }) => {
    expect(driver.hmac(one, key, message).slice(0, code.length)).toBe(code);
  });

  it("agrees with node:crypto for every length of key from 0 to 150 bytes", () => {
    const random = seeded(4);
    for (let length = 0; length <= 150; length++) {
      const key = randomBytes(length, random);
      const message = randomBytes(Math.floor(random() * 200), random);
      const expected = createHmac(node, key).update(message).digest("hex");
      expect(driver.hmac(one, key, message), `key of ${length} bytes`).toBe(expected);
    }
  });

  it("signs many messages with one prepared key, in any pieces", () => {
    const random = seeded(5);
    const key = randomBytes(90, random);
    driver.prepareKey(key);
    for (let round = 0; round < 100; round++) {
      const message = randomBytes(Math.floor(random() * 300), random);
      const cuts = randomCuts(message.length, 5, random);
      const expected = createHmac(node, key).update(message).digest("hex");
      expect(driver.stream(stream, message, cuts)).toBe(expected);
    }
  });
});

it("allocates nothing per message when the digest goes to an address of the caller", () => {
  driver.prepareKey(Buffer.from("key"));
  // The mark itself is one 32-byte block (16 bytes and a header).
  expect(driver.exports.heapGrowth(10_000, 200)).toBeLessThanOrEqual(64);
});

describe("a module that imports only SHA-256", () => {
  it("carries none of the other algorithms", async () => {
    const wasm = await compileDriver("crypto-sha256");
    expect((await compileDriver("crypto")).includes(Buffer.from("78a46ad7", "hex"))).toBe(true);
    expect(wasm.includes(Buffer.from("78a46ad7", "hex")), "MD5's first constant").toBe(false);
    // SHA-1's last initial word is in no other algorithm of the package.
    expect(wasm.includes(Buffer.from("f0e1d2c3", "hex")), "SHA-1's initial state").toBe(false);
  }, 60_000);

  it("pays less than 2.5 KiB for it", async () => {
    const hash = await compileDriver("crypto-sha256");
    const nothing = await compileDriver("crypto-none");
    expect(hash.length - nothing.length).toBeLessThan(2560);
  }, 60_000);
});
