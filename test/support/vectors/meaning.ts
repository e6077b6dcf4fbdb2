/** Length of all vectors. */
const DIMENSION = 128;
const GRAM = 3;

/**
 * The direction of a text: how often each three characters occur, hashed into a unit vector. Texts
 * that differ by a letter or a blank point nearly the same way, others do not.
 */
export function directionOf(text: string): number[] {
  const letters = ` ${text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim()} `;
  const counts = new Array<number>(DIMENSION).fill(0);
  for (let i = 0; i + GRAM <= letters.length; i++) {
    const place = hash(letters.slice(i, i + GRAM)) % DIMENSION;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const length = Math.hypot(...counts) || 1;
  return counts.map((count) => Math.fround(count / length));
}

/** FNV-1a over UTF-16. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return value;
}
