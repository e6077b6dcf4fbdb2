import { WordList } from "./word-list";

const ROOT: i32 = 0;
const NONE: i32 = 0;
/** Children that are looked through one by one; of more the middle is tried first. */
const FEW: i32 = 6;

/**
 * The words as a tree of bytes, in which every node knows where to go on when the text goes on
 * differently (Aho and Corasick 1975). Nodes are numbered by level, so the children of a node are
 * next to each other, and a node is 15 bytes in five arrays:
 *
 *   first │ label │ fail │ hit │ depth        children of n: first[n] … first[n + 1] − 1
 */
@final
export class WordTree {
  /** Number of nodes. */
  readonly size: i32;
  /** Bytes of the longest word. */
  readonly maxDepth: i32;
  private readonly first: StaticArray<i32>;
  private readonly label: StaticArray<u8>;
  /** The node of the longest shorter suffix of a node's text that is in the tree. */
  private readonly fail: StaticArray<i32>;
  /** The node itself when a word ends there, else the next such node by `fail`; NONE: there is none. */
  private readonly hit: StaticArray<i32>;
  private readonly depth: StaticArray<u16>;
  /** Children of the root by their byte. */
  private readonly rootChild: StaticArray<i32> = new StaticArray<i32>(256);
  /** Nodes at which words end, ascending, and what is known of these words. */
  private readonly ends: StaticArray<i32>;
  private readonly payloads: StaticArray<i32>;
  private readonly traits: StaticArray<i32>;

  constructor(list: WordList) {
    const order = list.inOrder();
    const size = countNodes(list, order);
    this.size = size;
    this.first = new StaticArray<i32>(size + 1);
    this.label = new StaticArray<u8>(size);
    this.fail = new StaticArray<i32>(size);
    this.hit = new StaticArray<i32>(size);
    this.depth = new StaticArray<u16>(size);
    this.ends = new StaticArray<i32>(order.length);
    this.payloads = new StaticArray<i32>(order.length);
    this.traits = new StaticArray<i32>(order.length);
    this.grow(list, order);
    this.connect();
    this.maxDepth = this.depth[size - 1];
  }

  /** Memory of the arrays, in bytes. */
  get bytes(): i32 {
    return this.size * 15 + this.ends.length * 12 + 1028;
  }

  /** The node after reading a byte. */
  step(node: i32, byte: i32): i32 {
    while (node != ROOT) {
      const next = this.child(node, byte);
      if (next != NONE) return next;
      node = unchecked(this.fail[node]);
    }
    return unchecked(this.rootChild[byte]);
  }

  /** The node of what the text ends with, when no word begins where the node's text does. */
  shorter(node: i32): i32 {
    return unchecked(this.fail[node]);
  }

  depthOf(node: i32): i32 {
    return unchecked(this.depth[node]);
  }

  /** The node of the longest word that the text ends with; 0: there is none. */
  firstHit(node: i32): i32 {
    return unchecked(this.hit[node]);
  }

  /** The node of the next shorter one. */
  nextHit(hit: i32): i32 {
    return this.hit[this.fail[hit]];
  }

  payload(hit: i32): i32 {
    return this.payloads[this.wordAt(hit)];
  }

  trait(hit: i32): i32 {
    return this.traits[this.wordAt(hit)];
  }

  private child(node: i32, byte: i32): i32 {
    let lo = unchecked(this.first[node]);
    let hi = unchecked(this.first[node + 1]);
    while (hi - lo > FEW) {
      const middle = (lo + hi) >> 1;
      if (<i32>unchecked(this.label[middle]) <= byte) lo = middle;
      else hi = middle;
    }
    for (; lo < hi; lo++) {
      if (<i32>unchecked(this.label[lo]) == byte) return lo;
    }
    return NONE;
  }

  /**
   * Makes the nodes, level by level. While the tree grows, the words below a node are those from
   * `fail` to `hit` in their order.
   */
  private grow(list: WordList, order: StaticArray<i32>): void {
    let made = 1;
    let ended = 0;
    this.hit[ROOT] = order.length;
    for (let node = 0; node < made; node++) {
      this.first[node] = made;
      const depth = <i32>this.depth[node];
      const to = this.hit[node];
      let at = this.fail[node];
      this.hit[node] = NONE;
      if (at < to && list.lengthOf(order[at]) == depth) {
        this.hit[node] = node;
        this.noteEnd(ended++, node, list, order[at++]);
      }
      while (at < to) {
        const byte = list.byteAt(order[at], depth);
        this.label[made] = byte;
        this.depth[made] = <u16>(depth + 1);
        this.fail[made] = at;
        while (at < to && list.byteAt(order[at], depth) == byte) at++;
        this.hit[made++] = at;
      }
    }
    this.first[made] = made;
  }

  private noteEnd(index: i32, node: i32, list: WordList, word: i32): void {
    this.ends[index] = node;
    this.payloads[index] = list.payload(word);
    this.traits[index] = list.trait(word);
  }

  /** Sets where nodes fail to. What a node fails to is of an earlier level. */
  private connect(): void {
    for (let child = this.first[ROOT]; child < this.first[ROOT + 1]; child++) {
      this.rootChild[this.label[child]] = child;
      this.fail[child] = ROOT;
    }
    for (let node = 1; node < this.size; node++) {
      if (this.hit[node] == NONE) this.hit[node] = this.hit[this.fail[node]];
      for (let child = this.first[node]; child < this.first[node + 1]; child++) {
        this.fail[child] = this.step(this.fail[node], this.label[child]);
      }
    }
  }

  /** Which of `ends` is this node. */
  private wordAt(hit: i32): i32 {
    let lo = 0;
    let hi = this.ends.length - 1;
    while (lo < hi) {
      const middle = (lo + hi + 1) >> 1;
      if (this.ends[middle] <= hit) lo = middle;
      else hi = middle - 1;
    }
    return lo;
  }
}

/** The root, and for each word the bytes in which it differs from the one before. */
function countNodes(list: WordList, order: StaticArray<i32>): i32 {
  let count = 1;
  for (let i = 0; i < order.length; i++) {
    const shared = i == 0 ? 0 : list.common(order[i - 1], order[i]);
    count += list.lengthOf(order[i]) - shared;
  }
  return count;
}
