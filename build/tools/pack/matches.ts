/** `length` bytes that stand `distance` bytes before, too. */
export interface Match {
  distance: number;
  length: number;
}

const LONGEST = 1000;
/** How many earlier places with the same two bytes are tried; all of them in a module of ours. */
const PLACES = 2000;

/** For every position of `data` the nearest matches, each longer than the one before it. */
export function findMatches(data: Uint8Array): Match[][] {
  const places = new Map<number, number[]>();
  return Array.from(data, (first, at) => {
    const found: Match[] = [];
    const pair = first * 256 + (data[at + 1] ?? 0);
    const before = places.get(pair) ?? [];
    let longest = 1;
    for (const place of before.slice(-PLACES).reverse()) {
      const length = commonLength(data, place, at);
      if (length > longest) {
        found.push({ distance: at - place, length });
        longest = length;
        if (length === LONGEST) break;
      }
    }
    before.push(at);
    places.set(pair, before);
    return found;
  });
}

/** How many bytes from `a` on are those from `b` on; `a` < `b`. */
export function commonLength(data: Uint8Array, a: number, b: number): number {
  const most = Math.min(LONGEST, data.length - b);
  let length = 0;
  while (length < most && data[a + length] === data[b + length]) length++;
  return length;
}
