import { makeObject, OBJECT_BIT, sweep, takeBlock } from "./blocks";
import { visitMembers } from "./members";

/** The head of an object, as AssemblyScript lays it out; the program knows the address behind it. */
@unmanaged
class Head {
  info: usize = 0;
  /** The round of the collector that last reached the object; of a new one, the present round. */
  round: u32 = 0;
  /** The next one in the list it waits in. */
  next: Head | null = null;
  /** AssemblyScript's number of the class. */
  rtId: u32 = 0;
  /** Bytes behind the head. */
  rtSize: u32 = 0;
}

const HEAD_SIZE: usize = 20;
/** As round: pinned, which means reached in every round. */
const PINNED: u32 = u32.MAX_VALUE;

/** Objects in static data have 0, so the first round reaches them too. */
let round: u32 = 1;
/** Objects that were reached, and whose members were not yet. */
let reached: Head | null = null;
let pinned: Head | null = null;

/** Bytes of the objects made since the last collection. */
let made: usize = 0;
/** Bytes of the objects that the last collection left. */
let stayed: usize = 0;
const MADE_AT_LEAST: usize = 64 * 1024;

/**
 * True when as much was made since the last collection as that one left. What a collection costs
 * goes with what stays, so each byte made costs the same, and memory is at most half garbage.
 */
export function isCollectionDue(): bool {
  return made > max(MADE_AT_LEAST, stayed);
}

// @ts-expect-error: decorator
@inline
function headOf(address: usize): Head {
  return changetype<Head>(address - HEAD_SIZE);
}

// @ts-expect-error: decorator
@inline
function addressOf(head: Head): usize {
  return changetype<usize>(head) + HEAD_SIZE;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __new(size: usize, id: i32): usize {
  const block = takeBlock(size, HEAD_SIZE);
  made += block.info;
  makeObject(block);
  const head = changetype<Head>(block);
  head.round = round;
  head.rtId = id;
  head.rtSize = <u32>size;
  return addressOf(head);
}

// @ts-expect-error: decorator
@global
@unsafe
export function __renew(address: usize, size: usize): usize {
  const head = headOf(address);
  const isStatic = address < __heap_base;
  const room = (head.info & ~OBJECT_BIT) - HEAD_SIZE;
  if (!isStatic && size <= room) {
    head.rtSize = <u32>size;
    return address;
  }
  const larger = __new(size, head.rtId);
  memory.copy(larger, address, min(size, head.rtSize));
  return larger;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __link(_parent: usize, _child: usize, _expectMultiple: bool): void {}

// @ts-expect-error: decorator
@global
@unsafe
export function __visit(address: usize, _cookie: u32): void {
  if (address == 0) return;
  const head = headOf(address);
  if (head.round >= round) return;
  head.round = round;
  head.next = reached;
  reached = head;
}

function visitMembersOf(head: Head): void {
  visitMembers(addressOf(head), head.rtId, head.rtSize);
}

// @ts-expect-error: decorator
@global
@unsafe
export function __collect(): void {
  round++;
  // @ts-expect-error: the compiler's own
  __visit_globals(0);
  let pin = pinned;
  while (pin !== null) {
    visitMembersOf(pin);
    pin = pin.next;
  }
  while (reached !== null) {
    const head = changetype<Head>(reached);
    reached = head.next;
    visitMembersOf(head);
  }
  stayed = sweep(round);
  made = 0;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __pin(address: usize): usize {
  if (address == 0) return 0;
  const head = headOf(address);
  if (head.round == PINNED) unreachable();
  head.round = PINNED;
  head.next = pinned;
  pinned = head;
  return address;
}

// @ts-expect-error: decorator
@global
@unsafe
export function __unpin(address: usize): void {
  if (address == 0) return;
  const head = headOf(address);
  let before: Head | null = null;
  let at = pinned;
  while (at !== head) {
    if (at === null) unreachable();
    before = at;
    at = changetype<Head>(at).next;
  }
  if (before === null) pinned = head.next;
  else before.next = head.next;
  head.round = round;
}
