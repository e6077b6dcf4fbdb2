import { CharSet } from "./char-set";

/**
 * Simple case folding of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic, with what folds to
 * those from elsewhere (the Kelvin sign to `k`): every `step`-th code point from `lo` to `hi` folds
 * to the one `delta` away, which folds to nothing else. Unicode 15, scf.
 */
// prettier-ignore
const FOLDS: StaticArray<i16> = [
  // lo, hi, step, delta
  0x41, 0x5a, 1, 32,
  0xb5, 0xb5, 1, 775,
  0xc0, 0xd6, 1, 32,
  0xd8, 0xde, 1, 32,
  0x100, 0x12e, 2, 1,
  0x132, 0x136, 2, 1,
  0x139, 0x147, 2, 1,
  0x14a, 0x176, 2, 1,
  0x178, 0x178, 1, -121,
  0x179, 0x17d, 2, 1,
  0x17f, 0x17f, 1, -268,
  0x345, 0x345, 1, 116,
  0x370, 0x372, 2, 1,
  0x376, 0x376, 1, 1,
  0x37f, 0x37f, 1, 116,
  0x386, 0x386, 1, 38,
  0x388, 0x38a, 1, 37,
  0x38c, 0x38c, 1, 64,
  0x38e, 0x38f, 1, 63,
  0x391, 0x3a1, 1, 32,
  0x3a3, 0x3ab, 1, 32,
  0x3c2, 0x3c2, 1, 1,
  0x3cf, 0x3cf, 1, 8,
  0x3d0, 0x3d0, 1, -30,
  0x3d1, 0x3d1, 1, -25,
  0x3d5, 0x3d5, 1, -15,
  0x3d6, 0x3d6, 1, -22,
  0x3d8, 0x3ee, 2, 1,
  0x3f0, 0x3f0, 1, -54,
  0x3f1, 0x3f1, 1, -48,
  0x3f4, 0x3f4, 1, -60,
  0x3f5, 0x3f5, 1, -64,
  0x3f7, 0x3f7, 1, 1,
  0x3f9, 0x3f9, 1, -7,
  0x3fa, 0x3fa, 1, 1,
  0x3fd, 0x3ff, 1, -130,
  0x400, 0x40f, 1, 80,
  0x410, 0x42f, 1, 32,
  0x460, 0x480, 2, 1,
  0x48a, 0x4be, 2, 1,
  0x4c0, 0x4c0, 1, 15,
  0x4c1, 0x4cd, 2, 1,
  0x4d0, 0x52e, 2, 1,
  0x1c80, 0x1c80, 1, -6222,
  0x1c81, 0x1c81, 1, -6221,
  0x1c82, 0x1c82, 1, -6212,
  0x1c83, 0x1c84, 1, -6210,
  0x1c85, 0x1c85, 1, -6211,
  0x1c86, 0x1c86, 1, -6204,
  0x1c87, 0x1c87, 1, -6180,
  0x1e9e, 0x1e9e, 1, -7615,
  0x1fbe, 0x1fbe, 1, -7173,
  0x2126, 0x2126, 1, -7517,
  0x212a, 0x212a, 1, -8383,
  0x212b, 0x212b, 1, -8262,
];

/** The set and every code point that differs from one of its own in case only. */
export function foldCase(set: CharSet): CharSet {
  return withMoved(withMoved(set, false), true);
}

/** The set, what its code points fold to, or with `isBack` what folds to them. */
function withMoved(set: CharSet, isBack: bool): CharSet {
  const all = new CharSet().addAll(set);
  for (let i = 0; i < set.count; i++) {
    const lo = set.lo(i);
    const hi = set.hi(i);
    for (let row = 0; row < FOLDS.length; row += 4) addMoved(all, lo, hi, row, isBack);
  }
  return all;
}

function addMoved(all: CharSet, lo: i32, hi: i32, row: i32, isBack: bool): void {
  const distance = <i32>FOLDS[row + 3];
  const start = isBack ? distance : 0;
  const delta = isBack ? -distance : distance;
  const first = <i32>FOLDS[row] + start;
  const step = <i32>FOLDS[row + 2];
  const to = min(hi, <i32>FOLDS[row + 1] + start);
  if (first > hi || to < lo) return;
  // The first code point of the row's sequence that is not below `lo`.
  const from = lo <= first ? first : first + ((lo - first + step - 1) / step) * step;
  if (step == 1) {
    if (from <= to) all.add(from + delta, to + delta);
    return;
  }
  for (let c = from; c <= to; c += step) all.add(c + delta, c + delta);
}
