/*
 * The short form of static data (written by build/tools/pack/shorten.ts): objects without what
 * follows from their content. Three lists, each of which goes through memory from the front:
 *
 *   constants   class, list     objects of class Slice, with their bytes behind them
 *   texts       list            objects of class String, a byte a character
 *   the rest    (words, words to skip before them, the words)*, 0
 *
 *   list        (SKIP words | byte* END)* LIST_END
 *   number      seven bits a byte, lowest first; the high bit says that more follow
 *
 * An object as AssemblyScript lays it out, and as build/tools/fixed-bytes.ts does:
 *
 *             ┌──────┬───┬───┬───────┬──────┬───────────────────────────┐
 *   text      │ size │ 0 │ 0 │ class │ size │ UTF-16                    │ to a multiple of 16
 *             └──────┴───┴───┴───────┴──────┴─────────┬────────┬───────┬┴──────┐
 *   constant                                │ pointer │ length │ owner │ bytes │ to one of 4
 *                                           └─────────┴────────┴───────┴───────┘
 */
const LIST_END: u32 = 0xfd;
const SKIP: u32 = 0xfe;
const END: u32 = 0xff;

const HEADER_SIZE: usize = 20;
const SLICE_SIZE: usize = 12;

// Set in `layOut`: it runs before what stands here would.
let source: usize = 0;

/** Writes what has its short form at `short` to `at` and behind it, where memory holds zeros. */
export function layOut(short: usize, at: usize): void {
  source = short;
  layOutList(at, number(), SLICE_SIZE);
  layOutList(at, idof<string>(), 0);
  for (let words = number(); words > 0; words = number()) {
    at += number() << 2;
    const size = words << 2;
    memory.copy(at, source, size);
    source += size;
    at += size;
  }
}

/** @param fields bytes of an object before its content; 0: the objects are texts */
function layOutList(at: usize, class_: usize, fields: usize): void {
  let owner: usize = 0;
  for (let next = nextByte(); next != LIST_END; next = nextByte()) {
    if (next == SKIP) {
      at += number() << 2;
      continue;
    }
    const object = at + HEADER_SIZE;
    const content = object + fields;
    let end = content;
    for (; next != END; next = nextByte()) {
      store<u8>(end, next);
      end += fields ? 1 : 2;
    }
    const size = fields ? fields : end - object;
    const block = (HEADER_SIZE + size + 15) & ~15;
    store<usize>(at, block - 4); // without the word itself
    store<usize>(at + 12, class_);
    store<usize>(at + 16, size);
    at += block;
    if (fields) {
      if (!owner) owner = object; // one that never goes will do for all
      store<usize>(object, content);
      store<usize>(object + 4, end - content);
      store<usize>(object + 8, owner);
      at = (end + 3) & ~3;
    }
  }
}

function number(): usize {
  let value: usize = 0;
  let shift: usize = 0;
  let byte: u32;
  do {
    byte = nextByte();
    value |= ((<usize>byte) & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  return value;
}

function nextByte(): u32 {
  return load<u8>(source++);
}
