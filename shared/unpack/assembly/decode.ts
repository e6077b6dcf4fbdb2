/*
 * The format (written by build/tools/pack): LZ77 whose every decision is a bit, coded by a binary
 * range coder (as in LZMA, without its special cases) under adaptive probabilities.
 *
 *   match? 0: a byte, high bit first under the bits before it
 *          1: same distance as last time? 1: length, 0: distance, length
 *   a number: (1, next bit of it from below)*, 0; its highest bit goes without saying
 *
 * Contexts, two bytes each, which hold the probability of a 0 (of 4096) less one half: memory that
 * was never written is a model that knows nothing.
 */
const LITERAL = 0; // 4 × 256: by the bits of the byte so far, which begin with a 1
const MATCH = 1024; // 2: behind a byte, behind a match
const REPEATED = 1026; // 2: behind a byte, behind a match
const DISTANCE = 1028; // 64: two per bit of the number
const LENGTH = 1092; // 64
const REPEATED_LENGTH = 1156; // 64

// Set in `decode`: it runs before what stands here would.
let source: usize = 0;
let contexts: usize = 0;
let range: u32 = 0;
let code: u32 = 0;

/**
 * Writes the `[to, end)` that `packed` stands for. Memory from `end` to `packed` must hold zeros (3
 * KiB are used) and holds rubbish afterwards.
 */
export function decode(packed: usize, to: usize, end: usize): void {
  source = packed;
  range = u32.MAX_VALUE;
  contexts = end + (end & 1);
  for (let i = 0; i < 4; i++) code = (code << 8) | nextByte();
  let distance: usize = 0;
  let follows = 0; // 1 behind a match
  while (to < end) {
    if (!bit(MATCH + follows)) {
      const tree = LITERAL + (i32(load<u8>(to - 2) != 0) << 8) + (i32(load<u8>(to - 1) != 0) << 9);
      let byte: u32 = 1;
      while (byte < 256) byte = (byte << 1) | bit(tree + byte);
      store<u8>(to++, byte);
      follows = 0;
      continue;
    }
    const isRepeated = bit(REPEATED + follows);
    if (!isRepeated) distance = number(DISTANCE);
    for (let left = number(isRepeated ? REPEATED_LENGTH : LENGTH); left > 0; left--) {
      store<u8>(to, load<u8>(to - distance));
      to++;
    }
    follows = 1;
  }
}

function number(context: i32): u32 {
  let value: u32 = 0;
  let place: u32 = 1;
  for (; bit(context); context += 2, place <<= 1) {
    if (bit(context + 1)) value |= place;
  }
  return value | place;
}

function bit(context: i32): u32 {
  const at = contexts + ((<usize>context) << 1);
  const learnt = <i32>load<i16>(at);
  const zero = 2048 + learnt;
  const bound = (range >>> 12) * zero;
  const isOne = code >= bound;
  if (isOne) {
    code -= bound;
    range -= bound;
    store<i16>(at, learnt - (zero >> 4));
  } else {
    range = bound;
    store<i16>(at, learnt + ((4096 - zero) >> 4));
  }
  while (range < 1 << 24) {
    range <<= 8;
    code = (code << 8) | nextByte();
  }
  return u32(isOne);
}

function nextByte(): u32 {
  return load<u8>(source++);
}
