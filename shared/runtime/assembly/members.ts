/*
 * Which members of an object are references. The build makes a table of them (build/tools/lean/
 * members.ts) in place of a function of AssemblyScript's for each class: 8 bytes for each, by its
 * number, and bit n says that the word at 4n is a reference.
 */

/** The object is an Array of references. */
const IS_ARRAY: u64 = 1 << 63;
/** The object is a StaticArray of references. */
const IS_STATIC_ARRAY: u64 = 1 << 62;
/** The table cannot say it, a function of AssemblyScript's does. */
const IS_OTHER: u64 = 1 << 61;

/** Where the table is: the build writes the answer. */
function table(): usize {
  return 0;
}

/**
 * Tells `__visit` all references that an object holds.
 *
 * @param class_ AssemblyScript's number of its class
 * @param size its bytes
 */
export function visitMembers(object: usize, class_: u32, size: u32): void {
  let members = load<u64>(table() + ((<usize>class_) << 3));
  if (members & (IS_ARRAY | IS_STATIC_ARRAY | IS_OTHER)) {
    if (members & IS_ARRAY) {
      const items = load<usize>(object, offsetof<usize[]>("dataStart"));
      visitAll(items, load<i32>(object, offsetof<usize[]>("length_")) << 2);
    } else if (members & IS_STATIC_ARRAY) {
      visitAll(object, size);
    } else {
      // @ts-expect-error: the compiler's own
      __visit_members(object, 0);
    }
    members &= ~(IS_ARRAY | IS_STATIC_ARRAY | IS_OTHER);
  }
  for (; members != 0; members &= members - 1) {
    // @ts-expect-error: objects.ts defines it for all
    __visit(load<usize>(object + ((<usize>ctz(members)) << 2)), 0);
  }
}

function visitAll(from: usize, size: usize): void {
  for (const end = from + size; from < end; from += sizeof<usize>()) {
    // @ts-expect-error: objects.ts defines it for all
    __visit(load<usize>(from), 0);
  }
}
