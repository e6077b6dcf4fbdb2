import { Builder, Slice } from "@ai-gateway-wasm/bytes";

// What is known of a word, as bits. Behind them: separators of its own.
/** Only ASCII: it is found as a whole word, others anywhere. */
export const IS_ASCII: i32 = 1;
export const STARTS_WITH_WORD: i32 = 2;
export const ENDS_WITH_WORD: i32 = 4;
export const GAPS_SHIFT: i32 = 3;

/**
 * Words in one piece of memory:
 *
 *   text    b a d w o r s e …
 *   ends    3         8     …     payloads, traits: a number each
 */
@final
export class WordList {
  private readonly text: Builder = new Builder(1024);
  private readonly ends: i32[] = [];
  private readonly payloads: i32[] = [];
  private readonly traits: i32[] = [];

  get count(): i32 {
    return this.ends.length;
  }

  add(word: Slice, payload: i32, traits: i32): void {
    this.text.append(word);
    this.ends.push(this.text.length);
    this.payloads.push(payload);
    this.traits.push(traits);
  }

  payload(word: i32): i32 {
    return this.payloads[word];
  }

  trait(word: i32): i32 {
    return this.traits[word];
  }

  lengthOf(word: i32): i32 {
    return this.ends[word] - this.startOf(word);
  }

  /** @param at below the word's length */
  byteAt(word: i32, at: i32): u8 {
    return load<u8>(this.text.ptr + <usize>(this.startOf(word) + at));
  }

  /** Length of what two words begin with. */
  common(left: i32, right: i32): i32 {
    const most = min(this.lengthOf(left), this.lengthOf(right));
    let length = 0;
    while (length < most && this.byteAt(left, length) == this.byteAt(right, length)) length++;
    return length;
  }

  /** The words in the order of their bytes, each once: of equal ones the first that was added. */
  inOrder(): StaticArray<i32> {
    const sorted = this.sorted();
    let kept = 0;
    for (let i = 0; i < sorted.length; i++) {
      if (kept > 0 && this.compare(sorted[kept - 1], sorted[i]) == 0) continue;
      sorted[kept++] = sorted[i];
    }
    return kept == sorted.length ? sorted : sorted.slice<StaticArray<i32>>(0, kept);
  }

  /** Merge sort from runs of one: it keeps the order of equal words. */
  private sorted(): StaticArray<i32> {
    const count = this.count;
    let from = new StaticArray<i32>(count);
    let to = new StaticArray<i32>(count);
    for (let i = 0; i < count; i++) from[i] = i;
    for (let run = 1; run < count; run <<= 1) {
      for (let start = 0; start < count; start += run << 1) {
        this.merge(from, to, start, min(start + run, count), min(start + (run << 1), count));
      }
      const swap = from;
      from = to;
      to = swap;
    }
    return from;
  }

  private merge(
    from: StaticArray<i32>,
    to: StaticArray<i32>,
    start: i32,
    middle: i32,
    end: i32,
  ): void {
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const takesLeft =
        right >= end || (left < middle && this.compare(from[left], from[right]) <= 0);
      to[at] = takesLeft ? from[left++] : from[right++];
    }
  }

  private compare(left: i32, right: i32): i32 {
    const length = this.lengthOf(left) - this.lengthOf(right);
    const most = min(this.lengthOf(left), this.lengthOf(right));
    let from = this.text.ptr + <usize>this.startOf(left);
    let other = this.text.ptr + <usize>this.startOf(right);
    for (const end = from + <usize>most; from < end; from++, other++) {
      const difference = <i32>load<u8>(from) - <i32>load<u8>(other);
      if (difference != 0) return difference;
    }
    return length;
  }

  private startOf(word: i32): i32 {
    return word == 0 ? 0 : this.ends[word - 1];
  }
}
