import { giveSpan, takeSpan } from "./spans";

/**
 * Memory in blocks. AssemblyScript wants a word before what it uses, and that aligned to 16 bytes:
 *
 *        12 mod 16
 *            ↓ size │ 1: an object
 *   block    ┌──────┬─────────────────────────┐
 *            │ info │ what the program uses … │
 *            └──────┴─────────────────────────┘
 *                   ↑ the address it knows
 *
 * Small blocks are cells of chunks. A chunk has cells of one size; free ones are linked by size, so
 * to allocate is to take the first one. Larger blocks are spans of their own:
 *
 *   chunk    ┌──────┬──────┬──────┬──────┬──────┬──────┬┄┄┄┄┄┄
 *            │ next │ size │      │ cell │ cell │ cell │
 *            └──────┴──────┴──────┴──────┴──────┴──────┴┄┄┄┄┄┄
 *   span     ┌──────┬──────┬──────┬───────────────────────────┐
 *            │ next │ size │      │ block                     │
 *            └──────┴──────┴──────┴───────────────────────────┘
 */
@unmanaged
export class Block {
  /** Bytes of the block, and whether it is an object. 0: free. */
  info: usize = 0;
  /** A free cell: the next one. An object: the round of the collector that last reached it. */
  word: usize = 0;

  get size(): usize {
    return this.info & ~OBJECT_BIT;
  }
}

/** In `info`: the collector decides when it goes. */
export const OBJECT_BIT: usize = 1;

/** The head of a chunk, or of the span around a large block. */
@unmanaged
class Home {
  next: Home | null = null;
  /** Of a chunk's cells; of the whole span. */
  size: usize = 0;
}

const INFO_SIZE: usize = 4;
/** From a home to its first block. */
const HOME_SIZE: usize = 12;
const GRAIN: usize = 16;
const LARGEST_CELL: usize = 256;
const CHUNK_SIZE: usize = 2048;
/** Larger ones would overflow sums of addresses. */
const LARGEST: usize = 1 << 30;

/** The first free cell of each size, in units of `GRAIN`. */
const FREE: usize = memory.data(<i32>((LARGEST_CELL / GRAIN + 1) * 4), 4);
let chunks: Home | null = null;
/** Large blocks that are objects. */
let spans: Home | null = null;

/**
 * A block; its content is undefined. Traps when there is no memory.
 *
 * @param size of what its user stores
 * @param head bytes before that, `INFO_SIZE` at least
 */
export function takeBlock(size: usize, head: usize): Block {
  if (size > LARGEST) unreachable(); // before anything is added, which could overflow
  const whole = (size + head + GRAIN - 1) & ~(GRAIN - 1);
  if (whole > LARGEST_CELL) return takeLarge(whole);
  const list = FREE + whole / 4;
  if (load<usize>(list) == 0) addChunk(whole);
  const cell = load<Block>(list);
  store<usize>(list, cell.word);
  cell.info = whole;
  return cell;
}

function takeLarge(whole: usize): Block {
  const span = whole + GRAIN;
  const home = changetype<Home>(takeSpan(span));
  home.size = span;
  const block = blockAt(home);
  block.info = whole;
  return block;
}

function addChunk(cellSize: usize): void {
  const chunk = changetype<Home>(takeSpan(CHUNK_SIZE));
  chunk.next = chunks;
  chunk.size = cellSize;
  chunks = chunk;
  for (let at = lastCell(chunk); at >= firstCell(chunk); at -= cellSize) {
    freeCell(changetype<Block>(at), cellSize);
  }
}

function freeCell(cell: Block, size: usize): void {
  const list = FREE + size / 4;
  cell.info = 0;
  cell.word = load<usize>(list);
  store<Block>(list, cell);
}

/** Gives back a block that is no object. */
export function freeBlock(block: Block): void {
  const size = block.size;
  if (size <= LARGEST_CELL) freeCell(block, size);
  else giveSpan(changetype<usize>(block) - HOME_SIZE, size + GRAIN);
}

/** From now on the block is an object, so `sweep` looks at it. */
export function makeObject(block: Block): void {
  if (block.info > LARGEST_CELL) {
    const home = changetype<Home>(changetype<usize>(block) - HOME_SIZE);
    home.next = spans;
    spans = home;
  }
  block.info |= OBJECT_BIT;
}

/**
 * Gives back all objects that were not reached in this round or later, and unused chunks.
 *
 * @returns the bytes of the blocks that stay
 */
export function sweep(round: usize): usize {
  let stays: usize = 0;
  let chunk = chunks;
  chunks = null;
  memory.fill(FREE, 0, (LARGEST_CELL / GRAIN + 1) * 4);
  while (chunk !== null) {
    const next = chunk.next;
    const used = sweepChunk(chunk, round);
    stays += used;
    if (used > 0) {
      chunk.next = chunks;
      chunks = chunk;
    } else {
      giveSpan(changetype<usize>(chunk), CHUNK_SIZE);
    }
    chunk = next;
  }
  let span = spans;
  spans = null;
  while (span !== null) {
    const next = span.next;
    if (blockAt(span).word >= round) {
      stays += span.size;
      span.next = spans;
      spans = span;
    } else {
      giveSpan(changetype<usize>(span), span.size);
    }
    span = next;
  }
  return stays;
}

/** Bytes of the cells in use. When there are none, its free cells are in no list. */
function sweepChunk(chunk: Home, round: usize): usize {
  const size = chunk.size;
  const list = FREE + size / 4;
  let free = load<usize>(list);
  let used: usize = 0;
  const first = firstCell(chunk);
  for (let at = lastCell(chunk); at >= first; at -= size) {
    const cell = changetype<Block>(at);
    const info = cell.info;
    if (info != 0 && ((info & OBJECT_BIT) == 0 || cell.word >= round)) {
      used += size;
    } else {
      cell.info = 0;
      cell.word = free;
      free = at;
    }
  }
  if (used > 0) store<usize>(list, free);
  return used;
}

// @ts-expect-error: decorator
@inline
function firstCell(chunk: Home): usize {
  return changetype<usize>(chunk) + HOME_SIZE;
}

function lastCell(chunk: Home): usize {
  return firstCell(chunk) + ((CHUNK_SIZE - HOME_SIZE) / chunk.size - 1) * chunk.size;
}

// @ts-expect-error: decorator
@inline
function blockAt(home: Home): Block {
  return changetype<Block>(changetype<usize>(home) + HOME_SIZE);
}

/** The block that the program knows by this address. */
// @ts-expect-error: decorator
@inline
function blockOf(address: usize): Block {
  return changetype<Block>(address - INFO_SIZE);
}

/** What the program uses of a block. */
// @ts-expect-error: decorator
@inline
function addressOf(block: Block): usize {
  return changetype<usize>(block) + INFO_SIZE;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __alloc(size: usize): usize {
  return addressOf(takeBlock(size, INFO_SIZE));
}

// @ts-expect-error: decorator
@global
@unsafe
export function __realloc(address: usize, size: usize): usize {
  const block = blockOf(address);
  if (size <= block.size - INFO_SIZE) return address;
  const larger = __alloc(size);
  memory.copy(larger, address, block.size - INFO_SIZE);
  freeBlock(block);
  return larger;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __free(address: usize): void {
  freeBlock(blockOf(address));
}
