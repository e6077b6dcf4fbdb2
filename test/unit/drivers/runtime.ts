/* Objects and bare blocks of every size, in numbered places; the test keeps a model beside it. */

class Node {
  constructor(
    readonly value: i32,
    public next: Node | null,
  ) {}
}

const PLACES: i32 = 256;
const buffers: StaticArray<StaticArray<u8> | null> = new StaticArray<StaticArray<u8> | null>(
  PLACES,
);
const arrays: StaticArray<i32[] | null> = new StaticArray<i32[] | null>(PLACES);
const blocks: StaticArray<usize> = new StaticArray<usize>(PLACES);
/** In static data, with a member on the heap. */
const holder: Node = new Node(0, null);

export function makeBuffer(place: i32, size: i32, seed: i32): i32 {
  const buffer = new StaticArray<u8>(size);
  let dirty = 0;
  for (let i = 0; i < size; i++) dirty |= buffer[i];
  for (let i = 0; i < size; i++) buffer[i] = <u8>(seed + i);
  buffers[place] = buffer;
  return dirty;
}

/** Whether a buffer still has what it was made with. */
export function isBufferIntact(place: i32, size: i32, seed: i32): bool {
  const buffer = buffers[place];
  if (buffer === null || buffer.length != size) return false;
  for (let i = 0; i < size; i++) if (buffer[i] != <u8>(seed + i)) return false;
  return (changetype<usize>(buffer) & 15) == 0;
}

export function dropBuffer(place: i32): void {
  buffers[place] = null;
}

export function makeArray(place: i32): void {
  arrays[place] = [];
}

export function push(place: i32, value: i32): void {
  arrays[place]!.push(value);
}

export function sum(place: i32): i32 {
  const array = arrays[place]!;
  let total = 0;
  for (let i = 0; i < array.length; i++) total += array[i];
  return total;
}

export function dropArray(place: i32): void {
  arrays[place] = null;
}

export function allocate(place: i32, size: i32, seed: i32): bool {
  const at = heap.alloc(size);
  memory.fill(at, <u8>seed, size);
  blocks[place] = at;
  return (at & 15) == 0;
}

export function reallocate(place: i32, size: i32, seed: i32): void {
  const at = heap.realloc(blocks[place], size);
  memory.fill(at, <u8>seed, size);
  blocks[place] = at;
}

export function isBlockIntact(place: i32, size: i32, seed: i32): bool {
  for (let i = 0; i < size; i++) if (load<u8>(blocks[place] + i) != <u8>seed) return false;
  return true;
}

export function free(place: i32): void {
  heap.free(blocks[place]);
}

/** A list that hangs on an object in static data. */
export function makeList(length: i32): void {
  let list: Node | null = null;
  for (let i = 0; i < length; i++) list = new Node(i, list);
  holder.next = list;
}

export function listSum(): i32 {
  let total = 0;
  let node = holder.next;
  while (node !== null) {
    total += node.value;
    node = node.next;
  }
  return total;
}

export function makePinned(value: i32): usize {
  // @ts-expect-error: of the runtime
  return __pin(changetype<usize>(new Node(value, new Node(value + 1, null))));
}

export function pinnedSum(pinned: usize): i32 {
  const node = changetype<Node>(pinned);
  return node.value + node.next!.value;
}

export function unpin(pinned: usize): void {
  // @ts-expect-error: of the runtime
  __unpin(pinned);
}

export function collect(): void {
  __collect();
}

export function pages(): i32 {
  return memory.size();
}

/** An object of any size, which AssemblyScript's own classes would refuse to be. */
export function makeObject(size: usize): usize {
  // @ts-expect-error: of the runtime
  return __new(size, idof<StaticArray<u8>>());
}
