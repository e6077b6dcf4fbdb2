import {
  appendEscaped,
  Escape,
  JsonType,
  JsonValue,
  JsonWriter,
  numberOf,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Arrays and objects inside each other that attributes may have. */
export const MAX_ATTRIBUTE_DEPTH: i32 = 512;

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;

/** A member of an object with its key unescaped. */
export class Member {
  constructor(
    readonly key: Slice,
    /** Null in a subclass that appends its value itself. */
    readonly value: JsonValue | null,
  ) {}

  /** Appends the value as `appendCanonical` does. */
  appendValue(out: Builder): bool {
    return appendCanonical(out, this.value!);
  }
}

/**
 * Appends `value` as Go writes what it has read: no blanks, keys sorted by their bytes, the last of
 * equal keys, numbers as doubles, strings escaped anew. The value must be valid JSON of at most
 * `MAX_ATTRIBUTE_DEPTH` levels; that bounds the recursion.
 *
 * @returns false for a number that no double can hold
 */
export function appendCanonical(out: Builder, value: JsonValue): bool {
  switch (value.type) {
    case JsonType.Object:
      return appendObject(out, value);
    case JsonType.Array:
      return appendArray(out, value);
    case JsonType.String:
      appendQuoted(out, textOf(value));
      return true;
    case JsonType.Number: {
      const number = numberOf(value);
      new JsonWriter(Escape.Go, out).number(number);
      return isFinite(number);
    }
    default:
      out.append(value.raw);
      return true;
  }
}

/** Appends `text` as a JSON string with Go's escapes. */
export function appendQuoted(out: Builder, text: Slice): void {
  out.appendByte(QUOTE);
  appendEscaped(out, text);
  out.appendByte(QUOTE);
}

/** The members of an object in its order; none for other values. */
export function membersOf(object: JsonValue): Member[] {
  const all: Member[] = [];
  if (!object.isObject) return all;
  const cursor = object.entries();
  while (cursor.next()) all.push(new Member(cursor.key, cursor.value));
  return all;
}

/** Members sorted by key, the last of equal keys alone. The order of `all` is lost. */
export function sortedMembers(all: Member[]): Member[] {
  const sorted = sortMembers(all);
  let kept = 0;
  for (let i = 0; i < sorted.length; i++) {
    const isLast = i + 1 == sorted.length || !sorted[i].key.equals(sorted[i + 1].key);
    if (isLast) sorted[kept++] = sorted[i];
  }
  while (sorted.length > kept) sorted.pop();
  return sorted;
}

/**
 * Members sorted by key, equal ones in their order; the order of `members` is lost. `Array#sort` is three
 * times the code.
 */
export function sortMembers(members: Member[]): Member[] {
  let from = members;
  let to = members.slice(0);
  for (let width = 1; width < members.length; width *= 2) {
    for (let start = 0; start < members.length; start += 2 * width) merge(from, to, start, width);
    const sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}

/** Merges `width` members from `start` on with the `width` behind them. */
function merge(from: Member[], to: Member[], start: i32, width: i32): void {
  const middle = min(start + width, from.length);
  const end = min(middle + width, from.length);
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const isLeft = left < middle && (right >= end || from[left].key.compare(from[right].key) <= 0);
    to[at] = from[isLeft ? left++ : right++];
  }
}

function appendObject(out: Builder, object: JsonValue): bool {
  // Without lists: a body may have hundreds of thousands of empty objects.
  if (!object.entries().next()) {
    out.appendByte(0x7b).appendByte(0x7d);
    return true;
  }
  return appendMembers(out, sortedMembers(membersOf(object)));
}

/** Appends an object of these members, sorted already. @returns false as `appendCanonical` does */
export function appendMembers(out: Builder, members: Member[]): bool {
  out.appendByte(0x7b);
  for (let i = 0; i < members.length; i++) {
    if (i > 0) out.appendByte(COMMA);
    appendQuoted(out, members[i].key);
    out.appendByte(0x3a);
    if (!members[i].appendValue(out)) return false;
  }
  out.appendByte(0x7d);
  return true;
}

function appendArray(out: Builder, array: JsonValue): bool {
  const cursor = array.entries();
  let last: JsonValue | null = null;
  out.appendByte(0x5b);
  while (cursor.next()) {
    if (last !== null) out.appendByte(COMMA);
    last = cursor.value;
    if (!appendCanonical(out, last)) return false;
  }
  // Whoever goes on behind it need not look for its end, at every level again.
  if (last !== null) array.endsBehind(last.endAddress());
  out.appendByte(0x5d);
  return true;
}
