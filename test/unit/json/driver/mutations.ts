import {
  JsonPath,
  JsonWriter,
  KeyPath,
  boolOf,
  compileKeyPath,
  compilePath,
  findJson,
  integerOf,
  isValidJson,
  listOf,
  numberOf,
  parseJson,
  quote,
  readJson,
  readValidMembers,
  removeValue,
  searchMember,
  setValue,
  textOf,
  unescape,
} from "@ai-gateway-wasm/as-json";
import { bytes, isValidUtf8, Slice } from "@ai-gateway-wasm/bytes";
import { answerText, argument } from "./frame";

export { input, outputAt, outputLength } from "./frame";

const MODEL = bytes("model");
const VALUE = bytes('{"new":[1]}');
const paths: JsonPath[] = [];
const keyPaths: KeyPath[] = [];
const pathTexts: Slice[] = [];

/** Compiles the paths of argument 0 (one a line) and the plain ones of argument 1. */
export function prepare(): void {
  const all = argument(0).toString().split("\n");
  for (let i = 0; i < all.length; i++) {
    const path = compilePath(all[i]);
    if (path !== null) paths.push(path);
    pathTexts.push(bytes(all[i]));
  }
  const plain = argument(1).toString().split("\n");
  for (let i = 0; i < plain.length; i++) {
    const path = compileKeyPath(plain[i], true);
    if (path !== null) keyPaths.push(path);
  }
  answerText(paths.length.toString() + " " + keyPaths.length.toString());
}

let state: u32 = 1;

/** xorshift32: the same sequence everywhere for the same seed. */
function random(below: i32): i32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return <i32>(state % <u32>max(1, below));
}

/** Address after the last byte of memory while the guard page is the last one. */
let guardEnd: usize = 0;

/**
 * A copy of the document that ends where the memory ends: reading one byte too many traps. When the
 * heap has grown since, a new page is put behind it.
 */
function atEndOfMemory(document: Slice): Slice {
  const end = (<usize>memory.size()) << 16;
  if (end != guardEnd) {
    memory.grow(1);
    guardEnd = (<usize>memory.size()) << 16;
  }
  const at = guardEnd - <usize>document.length;
  memory.copy(at, document.ptr, document.length);
  return new Slice(at, document.length);
}

const SPECIAL = bytes('{}[]",:\\u0-+.eEtfn \x00\x1f\x7f\xff#');

function mutate(text: Slice): Slice {
  const room = new StaticArray<u8>(text.length * 2 + 64);
  const at = changetype<usize>(room);
  memory.copy(at, text.ptr, text.length);
  let length = text.length;
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    const place = random(length);
    switch (random(6)) {
      case 0: // another byte
        if (length > 0) store<u8>(at + <usize>place, <u8>random(256));
        break;
      case 1: // a byte that means something
        if (length > 0) store<u8>(at + <usize>place, <u8>SPECIAL.at(random(SPECIAL.length)));
        break;
      case 2: // one more of those
        memory.copy(at + <usize>place + 1, at + <usize>place, length - place);
        store<u8>(at + <usize>place, <u8>SPECIAL.at(random(SPECIAL.length)));
        length++;
        break;
      case 3: // cut off
        if (random(4) == 0) length = place;
        break;
      case 4: {
        // some bytes fewer
        const gone = min(1 + random(8), length - place);
        memory.copy(at + <usize>place, at + <usize>(place + gone), length - place - gone);
        length -= gone;
        break;
      }
      default: {
        // some bytes twice
        const more = min(random(8), length - place);
        memory.copy(at + <usize>(place + more), at + <usize>place, length - place);
        length += more;
      }
    }
  }
  return Slice.of(room).sub(0, length);
}

/** Adds what an operation found, so that none of them can be optimised away. */
function note(part: Slice | null): i32 {
  return part === null ? 1 : part.length + (part.isEmpty ? 0 : part.at(part.length - 1));
}

function runAll(text: Slice): i32 {
  let sum = isValidUtf8(text) ? 1 : 0;
  const strict = parseJson(text);
  if (strict !== null) sum += note(strict.raw);
  const found = findJson(text);
  if (found !== null) sum += note(found.raw) + found.count();
  const root = readJson(text);
  if (root !== null) {
    sum += note(textOf(root)) + <i32>integerOf(root) + listOf(root).length;
    sum += (boolOf(root) ? 1 : 0) + (numberOf(root) > 1 ? 1 : 0) + (root.isComplete ? 1 : 0);
    sum += searchMember(root, MODEL).similar;
    const cursor = root.entries();
    while (cursor.next()) sum += note(cursor.key) + note(textOf(cursor.value));
  }
  for (let i = 0; i < 3; i++) {
    const value = paths[random(paths.length)].read(root);
    if (value !== null) sum += note(textOf(value)) + <i32>numberOf(value);
  }
  sum += note(unescape(text)) + note(quote(text));
  return sum + new JsonWriter().openArray().text(text).raw(text).closeArray().toSlice().length;
}

/** What one walk finds is what the check and a walk of its own find; answers 1 when it is not. */
function runMembers(text: Slice): i32 {
  const members = readValidMembers(text, MODEL);
  if ((members !== null) != isValidJson(text)) return 1;
  if (members === null) return 0;
  let count = 0;
  const root = readJson(text)!;
  if (root.isObject) {
    const cursor = root.entries();
    while (cursor.next()) {
      if (!cursor.keyIs(MODEL)) continue;
      if (count == members.length) return 1;
      const member = members[count++];
      if (member.type != cursor.value.type || !member.raw.equals(cursor.value.raw)) return 1;
    }
  }
  return count == members.length ? 0 : 1;
}

/** Edits keep a valid document valid; answers how many did not. */
function runEdits(text: Slice): i32 {
  const path = keyPaths[random(keyPaths.length)];
  const set = setValue(text, path, VALUE);
  const removed = removeValue(text, path);
  if (!isValidJson(text)) return 0;
  let broken = 0;
  if (set !== null && !isValidJson(set)) broken++;
  if (removed !== null && !isValidJson(removed)) broken++;
  return broken;
}

/**
 * Runs every operation on `count` mutations of the document in argument 0, seeded by `seed`.
 * Answers the number of valid mutations, of broken edits and wrong walks, and a checksum.
 */
export function run(seed: i32, count: i32): void {
  const original = argument(0);
  state = <u32>seed * 2654435761 + 1;
  let valid = 0;
  let broken = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const text = atEndOfMemory(mutate(original));
    if (isValidJson(text)) valid++;
    sum += runAll(text);
    broken += runEdits(text) + runMembers(text);
    if (i & 7) continue;
    const path = compilePath(mutate(pathTexts[random(pathTexts.length)]).toString());
    if (path !== null) sum += note(textOf(path.read(readJson(text))));
  }
  answerText(valid.toString() + " " + broken.toString() + " " + sum.toString());
}
