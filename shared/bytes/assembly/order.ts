/**
 * Sorts by a number of each item; equals stay in their order. The compiler's own `sort` is 1000 bytes
 * of code, and as much again for each kind of number.
 */
export function sortBy<T>(list: T[], keyOf: (item: T) => i32): void {
  const count = list.length;
  let keys = new StaticArray<u64>(count);
  const items: T[] = [];
  for (let i = 0; i < count; i++) {
    const item = list[i];
    items.push(item);
    // With the sign bit turned, negative keys come first.
    unchecked((keys[i] = ((<u64>((<u32>keyOf(item)) ^ 0x8000_0000)) << 32) | (<u64>i)));
  }
  keys = sorted(keys);
  for (let i = 0; i < count; i++) list[i] = items[<i32>unchecked(keys[i])];
}

/** Merges runs of twice the length each time. */
function sorted(numbers: StaticArray<u64>): StaticArray<u64> {
  let from = numbers;
  let to = new StaticArray<u64>(numbers.length);
  for (let run = 1; run < numbers.length; run <<= 1) {
    merge(from, to, run);
    const merged = to;
    to = from;
    from = merged;
  }
  return from;
}

function merge(from: StaticArray<u64>, to: StaticArray<u64>, run: i32): void {
  const count = from.length;
  let left = 0;
  let right = run;
  let leftEnd = run;
  let rightEnd = min(run << 1, count);
  for (let at = 0; at < count; at++) {
    if (left >= leftEnd && right >= rightEnd) {
      left = rightEnd;
      leftEnd = min(left + run, count);
      right = leftEnd;
      rightEnd = min(right + run, count);
    }
    const isLeft = right >= rightEnd || (left < leftEnd && unchecked(from[left] < from[right]));
    unchecked((to[at] = isLeft ? from[left++] : from[right++]));
  }
}
