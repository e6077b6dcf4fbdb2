/** A message and its digest in hexadecimal. */
export interface DigestVector {
  name: string;
  message: Uint8Array;
  digest: string;
}

/** A key, a message and the code in hexadecimal (the first bytes of it where the RFC truncates). */
export interface HmacVector {
  name: string;
  key: Uint8Array;
  message: Uint8Array;
  code: string;
}

const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
const repeated = (byte: number, times: number): Uint8Array => Buffer.alloc(times, byte);
const counting = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);

const TWO_BLOCKS = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const FOUR_BLOCKS =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

/** FIPS 180-4 examples (NIST CSRC "Examples with Intermediate Values"). */
export const SHA256_VECTORS: DigestVector[] = [
  {
    name: "the empty message",
    message: text(""),
    digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  },
  {
    name: "abc (one block)",
    message: text("abc"),
    digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  {
    name: "448 bits (the length needs a second block)",
    message: text(TWO_BLOCKS),
    digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
  {
    name: "896 bits (two blocks)",
    message: text(FOUR_BLOCKS),
    digest: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  },
  {
    name: "a million letters a",
    message: repeated(0x61, 1_000_000),
    digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  },
];

/** FIPS 180-4 examples. */
export const SHA1_VECTORS: DigestVector[] = [
  {
    name: "the empty message",
    message: text(""),
    digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  },
  {
    name: "abc",
    message: text("abc"),
    digest: "a9993e364706816aba3e25717850c26c9cd0d89d",
  },
  {
    name: "448 bits",
    message: text(TWO_BLOCKS),
    digest: "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
  },
  {
    name: "a million letters a",
    message: repeated(0x61, 1_000_000),
    digest: "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
  },
];

/** RFC 1321, A.5. */
export const MD5_VECTORS: DigestVector[] = [
  ["", "d41d8cd98f00b204e9800998ecf8427e"],
  ["a", "0cc175b9c0f1b6a831c399e269772661"],
  ["abc", "900150983cd24fb0d6963f7d28e17f72"],
  ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
  ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
  [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "d174ab98d277d9f5a5611c2c9f419d9f",
  ],
  ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
].map(([message = "", digest = ""]) => ({ name: `"${message}"`, message: text(message), digest }));

const LARGER_KEY = "Test Using Larger Than Block-Size Key - Hash Key First";

/** RFC 4231, section 4. */
export const HMAC_SHA256_VECTORS: HmacVector[] = [
  {
    name: "case 1: a 20-byte key",
    key: repeated(0x0b, 20),
    message: text("Hi There"),
    code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    name: "case 2: a key shorter than the code",
    key: text("Jefe"),
    message: text("what do ya want for nothing?"),
    code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    name: "case 3: 50 bytes 0xdd",
    key: repeated(0xaa, 20),
    message: repeated(0xdd, 50),
    code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    name: "case 4: a 25-byte key",
    key: counting(1, 25),
    message: repeated(0xcd, 50),
    code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
  {
    name: "case 5: truncated to 128 bits",
    key: repeated(0x0c, 20),
    message: text("Test With Truncation"),
    code: "a3b6167473100ee06e0c796c2955552b",
  },
  {
    name: "case 6: a key longer than a block",
    key: repeated(0xaa, 131),
    message: text(LARGER_KEY),
    code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    name: "case 7: key and message longer than a block",
    key: repeated(0xaa, 131),
    message: text(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  },
];

/** RFC 2202, section 3. */
export const HMAC_SHA1_VECTORS: HmacVector[] = [
  {
    name: "case 1",
    key: repeated(0x0b, 20),
    message: text("Hi There"),
    code: "b617318655057264e28bc0b6fb378c8ef146be00",
  },
  {
    name: "case 2",
    key: text("Jefe"),
    message: text("what do ya want for nothing?"),
    code: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
  },
  {
    name: "case 3",
    key: repeated(0xaa, 20),
    message: repeated(0xdd, 50),
    code: "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
  },
  {
    name: "case 4",
    key: counting(1, 25),
    message: repeated(0xcd, 50),
    code: "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
  },
  {
    name: "case 5",
    key: repeated(0x0c, 20),
    message: text("Test With Truncation"),
    code: "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
  },
  {
    name: "case 6",
    key: repeated(0xaa, 80),
    message: text(LARGER_KEY),
    code: "aa4ae5e15272d00e95705637ce8a3b55ed402112",
  },
  {
    name: "case 7",
    key: repeated(0xaa, 80),
    message: text("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
    code: "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
  },
];
