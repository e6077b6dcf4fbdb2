import { Builder, Slice } from "@ai-gateway-wasm/bytes";

const OPEN: u8 = 0x7b;
const CLOSE: u8 = 0x7d;
const COLON: u8 = 0x3a;

/** Of CRC-16/XMODEM: a slot of a Redis Cluster is the lower 14 bits of it (Redis Cluster specification). */
const POLYNOMIAL: i32 = 0x1021;
const SLOTS: i32 = 16384;
const SUMS: i32 = 65536;

/** The characters of a tag: `0` to `z`. With three of them there is one for every slot. */
const FIRST: u8 = 0x30;
const CHARACTERS: u32 = 75;

/**
 * The beginning of a key that is in one slot of a Redis Cluster with another one. Redis goes by a
 * key's tag: what stands between its first `{` and the next `}`, if anything; else by the whole key.
 *
 *   {chat_quota}:alice   {chat_quota}:alice:    its own tag
 *   chat_quota:alice     {chat_quota:alice}:    the key is the tag
 *   chat_quota:a}b       {1T0}chat_quota:a}b:   no tag holds `}`: another one of the same slot
 */
export function keyBeside(key: Slice): Builder {
  const open = key.indexOf(OPEN);
  const isTagged = open >= 0 && key.indexOf(CLOSE, open) > open + 1;
  const out = new Builder(key.length + 32);
  if (isTagged) out.append(key);
  else if (key.indexOf(CLOSE) < 0) out.appendByte(OPEN).append(key).appendByte(CLOSE);
  else appendTag(out, key).append(key);
  return out.appendByte(COLON);
}

/** Appends a tag that is in the slot of a key. */
function appendTag(out: Builder, key: Slice): Builder {
  let slot = 0;
  for (let i = 0; i < key.length; i++) slot = shifted(slot ^ (key.at(i) << 8), 8);
  for (let sum = slot & (SLOTS - 1); sum < SUMS; sum += SLOTS) {
    // What the sum was before the last two characters, were they zero.
    const before = unshifted(sum);
    for (let i: u32 = 0; i < CHARACTERS; i++) {
      const first = <u8>(FIRST + i);
      const rest = before ^ shifted((<i32>first) << 8, 8);
      const second = <u8>(rest >> 8);
      const third = <u8>rest;
      if (!isOfTag(second) || !isOfTag(third)) continue;
      return out
        .appendByte(OPEN)
        .appendByte(first)
        .appendByte(second)
        .appendByte(third)
        .appendByte(CLOSE);
    }
  }
  return out; // never: every slot has a tag
}

function isOfTag(byte: u8): bool {
  return <u32>(byte - FIRST) < CHARACTERS;
}

/** A sum after so many further bits that are zero. */
function shifted(sum: i32, bits: i32): i32 {
  for (; bits > 0; bits--) sum = ((sum << 1) ^ ((sum & 0x8000) != 0 ? POLYNOMIAL : 0)) & 0xffff;
  return sum;
}

/** The sum of 16 bits before. */
function unshifted(sum: i32): i32 {
  for (let bits = 16; bits > 0; bits--) {
    sum = (sum & 1) != 0 ? ((sum ^ POLYNOMIAL) >> 1) | 0x8000 : sum >> 1;
  }
  return sum;
}
