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
// 4 × 256, at a multiple of 256: by the bits of the byte so far, which begin with a 1
const LITERAL: usize = 0;
const MATCH = 1024; // 2: behind a byte, behind a match
const REPEATED = 1026; // 2: behind a byte, behind a match
const DISTANCE = 1028; // 64: two per bit of the number
const LENGTH = 1092; // 64
const REPEATED_LENGTH = 1156; // 64

/** What the bit that was just read decides. */
enum Step {
  Match,
  Byte,
  Repeated,
  /** Has the number another bit below its highest? */
  More,
  /** That bit. */
  Digit,
}

/**
 * Writes the `[to, end)` that `packed` stands for. Memory from `end` to `packed` must hold zeros (3
 * KiB are used) and holds rubbish afterwards.
 *
 * One loop, a bit each time round, so that all of it stays in registers: a fifth less time than functions
 * that share globals (token-rate-limit, 1.3 → 1.1 ms).
 */
// eslint-disable-next-line max-lines-per-function -- its parts would have to share globals
export function decode(packed: usize, to: usize, end: usize): void {
  const contexts = end + (end & 1);
  let range: u32 = 1; // so that the first three bytes are read
  let code: u32 = 0;
  let step = Step.Match;
  let context: usize = MATCH;
  let distance: usize = 0;
  let isLength = false;
  let value: u32 = 0; // of a number; of a byte: the bits so far, which begin with a 1
  let place: u32 = 0;
  while (to < end) {
    while (range < 1 << 24) {
      range <<= 8;
      code = (code << 8) | load<u8>(packed++);
    }
    const at = contexts + (context << 1);
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
    switch (step) {
      case Step.Byte:
        value = (value << 1) | u32(isOne);
        context = (context & ~255) + value;
        if (value < 256) break;
        store<u8>(to++, value);
        step = Step.Match;
        context = MATCH;
        break;
      case Step.Match:
        if (isOne) {
          step = Step.Repeated;
          context = context - MATCH + REPEATED;
        } else {
          step = Step.Byte;
          value = 1;
          context = (usize(load<u8>(to - 2) != 0) << 8) + (usize(load<u8>(to - 1) != 0) << 9);
          context += LITERAL + 1;
        }
        break;
      case Step.Repeated:
        step = Step.More;
        isLength = isOne;
        context = isOne ? REPEATED_LENGTH : DISTANCE;
        value = 0;
        place = 1;
        break;
      case Step.Digit:
        step = Step.More;
        if (isOne) value |= place;
        place <<= 1;
        context++;
        break;
      default:
        if (isOne) {
          step = Step.Digit;
          context++;
          break;
        }
        value |= place;
        if (!isLength) {
          distance = value;
          isLength = true;
          context = LENGTH;
          value = 0;
          place = 1;
          break;
        }
        for (; value > 0; value--) {
          store<u8>(to, load<u8>(to - distance));
          to++;
        }
        step = Step.Match;
        context = MATCH + 1;
    }
  }
}
