import { Slice } from "@ai-gateway-wasm/bytes";
import { isWordByte } from "../regex/byte-classes";
import { PlainText } from "./plain-text";
import { WordOptions } from "./word-options";

/*
 * A word list that is part of the module, as a minimal acyclic automaton in static data: nothing is
 * built at start, and no memory is used but its own. build/tools/words makes it:
 *
 *   ┌─────────┬──────────────────────┬───────────────────────────────────────────────
 *   │ longest │ 256 edges of the root │ edges of the other states, those of one together
 *   └─────────┴──────────────────────┴───────────────────────────────────────────────
 *   an edge:  byte │ ENDS: a word ends │ LAST one of its state │ first edge behind it, 0: none
 */
const ENDS: u32 = 0x100;
const LAST: u32 = 0x200;
const TARGET_SHIFT: u32 = 10;
const ROOT_AT: usize = 4;
const EDGES_AT: usize = 4 + 256 * 4;

/** Where the list is; 0: this build has none. The build writes the answer. */
function list(): usize {
  return 0;
}

/** True in a build with a word list. What stands behind it is no part of other builds. */
// @ts-expect-error: decorator
@inline
export function hasBuiltInWords(): bool {
  return list() != 0;
}

/**
 * Looks for the built-in words in a text that arrives in pieces. Letter case and width count for
 * nothing, as `WordOptions` says; ASCII words end at the borders of words.
 *
 *   scan.feed(piece) …; scan.finish();
 *   scan.isFound: some word occurs
 */
@final
export class BuiltInScan {
  isFound: bool = false;
  private readonly text: PlainText;
  /** Of each word that has begun: the next edges, its first byte, its characters so far. */
  private readonly edges: StaticArray<u32>;
  private readonly starts: StaticArray<i32>;
  private readonly sizes: StaticArray<i32>;
  private begun: i32 = 0;
  /** Plain position of the byte that is read next. */
  private at: i32 = 0;
  /** Where an ASCII word begins that has ended if no letter follows; −1: there is none. */
  private unsettled: i32 = -1;

  /** @param minChars words of fewer characters are passed over */
  constructor(
    options: WordOptions,
    private readonly minChars: i32,
  ) {
    const longest = load<i32>(list());
    this.text = new PlainText(options);
    this.edges = new StaticArray<u32>(longest);
    this.starts = new StaticArray<i32>(longest);
    this.sizes = new StaticArray<i32>(longest);
  }

  /** Begins with another text. */
  restart(): void {
    this.text.restart();
    this.isFound = false;
    this.begun = 0;
    this.at = 0;
    this.unsettled = -1;
  }

  feed(piece: Slice): void {
    this.text.feed(piece);
    this.run();
  }

  finish(): void {
    this.text.finish();
    this.run();
    if (this.unsettled >= 0) this.isFound = true;
  }

  /** How many bytes at the end of what was fed may still belong to a word. */
  get live(): i32 {
    const text = this.text;
    const first = this.first;
    return text.written - (first < text.end ? text.marks.start(first) : text.complete);
  }

  private get first(): i32 {
    const first = this.begun > 0 ? this.starts[0] : this.at;
    return this.unsettled >= 0 ? min(first, this.unsettled) : first;
  }

  private run(): void {
    const text = this.text;
    while (!this.isFound && (this.at < text.end || text.fill(this.first - 1))) {
      this.read(<i32>load<u8>(text.address(this.at)));
      this.at++;
    }
  }

  private read(byte: i32): void {
    if (this.unsettled >= 0) {
      if (!isWordByte(byte)) this.isFound = true;
      this.unsettled = -1;
    }
    const before = this.begun;
    const begins = (byte & 0xc0) != 0x80;
    this.begun = 0;
    for (let i = 0; i < before; i++) {
      const edge = follow(this.edges[i], <u32>byte);
      if (edge != 0) this.goOn(edge, this.starts[i], this.sizes[i] + i32(begins));
    }
    if (!begins) return;
    const edge = load<u32>(list() + ROOT_AT + ((<usize>byte) << 2));
    if (edge != 0) this.goOn(edge, this.at, 1);
  }

  /** @param size characters of the word so far */
  private goOn(edge: u32, start: i32, size: i32): void {
    if ((edge & ENDS) != 0 && size >= this.minChars) this.end(start, size);
    const next = edge >> TARGET_SHIFT;
    if (next == 0) return;
    this.edges[this.begun] = next;
    this.starts[this.begun] = start;
    this.sizes[this.begun++] = size;
  }

  private end(start: i32, size: i32): void {
    const text = this.text;
    const isAscii = size == this.at + 1 - start;
    if (isAscii && isWordByte(<i32>load<u8>(text.address(start))) && text.isAfterWord(start))
      return;
    if (!isAscii || !isWordByte(<i32>load<u8>(text.address(this.at)))) this.isFound = true;
    else if (this.unsettled < 0) this.unsettled = start;
  }
}

/** The edge of this byte among those that begin with number `first`; 0: there is none. */
function follow(first: u32, byte: u32): u32 {
  let at = list() + EDGES_AT + ((<usize>first) << 2);
  while (true) {
    const edge = load<u32>(at);
    if ((edge & 0xff) == byte) return edge;
    if ((edge & LAST) != 0) return 0;
    at += 4;
  }
}
