import {
  Builder,
  BytesTable,
  decimal,
  decodeHex,
  decodePercent,
  decodePercentLeniently,
  encodeHex,
  equalsConstantTime,
  equalsIgnoreCase,
  lowerCase,
  mentions,
  parseInteger,
  Slice,
  startsWithIgnoreCase,
  trim,
} from "@ai-gateway-wasm/bytes";
import { answer, answerBuilder, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/*
 * One operation per function of the byte library. Numbers come as 32-bit little-endian parameters
 * and go as decimal text; several answers are separated by blanks.
 */

function number(value: i64): void {
  if (answerBuilder().length > 0) answerBuilder().appendByte(0x20);
  answerBuilder().appendInteger(value);
}

function sign(value: i32): i32 {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

export function at(index: i32): void {
  number(argument(0).at(index));
}

export function sub(start: i32, end: i32): void {
  answer(argument(0).sub(start, end));
}

export function subOfSub(start: i32, end: i32): void {
  answer(argument(0).sub(1).sub(start, end));
}

/** equals, equalsConstantTime, equalsIgnoreCase, compare, startsWith, endsWith, find, prefix without case */
export function relate(): void {
  const left = argument(0);
  const right = argument(1);
  number(left.equals(right) ? 1 : 0);
  number(equalsConstantTime(left, right) ? 1 : 0);
  number(equalsIgnoreCase(left, right) ? 1 : 0);
  number(sign(left.compare(right)));
  number(left.startsWith(right) ? 1 : 0);
  number(left.endsWith(right) ? 1 : 0);
  number(left.find(right));
  number(startsWithIgnoreCase(left, right) ? 1 : 0);
}

export function indexOf(byte: i32, from: i32): void {
  number(argument(0).indexOf(<u8>byte, from));
}

export function lastIndexOf(byte: i32): void {
  number(argument(0).lastIndexOf(<u8>byte));
}

export function findFrom(from: i32): void {
  number(argument(0).find(argument(1), from));
}

export function mentionsWord(): void {
  number(mentions(argument(0), argument(1)) ? 1 : 0);
}

export function text(): void {
  answerText(argument(0).toString());
}

/** The UTF-16 units of `toString` as they are. */
export function units(): void {
  const text = argument(0).toString();
  answerBuilder().appendRaw(changetype<usize>(text), text.length << 1);
}

export function lower(): void {
  answer(lowerCase(argument(0)));
}

export function trimmed(): void {
  answer(trim(argument(0)));
}

export function integer(): void {
  number(parseInteger(argument(0)));
}

export function toHex(): void {
  answer(encodeHex(argument(0)));
}

export function fromHex(): void {
  answer(decodeHex(argument(0)));
}

export function percent(plusIsSpace: i32): void {
  answer(decodePercent(argument(0), plusIsSpace != 0));
}

export function percentLeniently(): void {
  answer(decodePercentLeniently(argument(0)));
}

/** True when a text without anything to change is the same slice, not a copy. */
export function sharesWhenUnchanged(): void {
  const text = argument(0);
  number(lowerCase(text) === text ? 1 : 0);
  number(decodePercent(text) === text ? 1 : 0);
  number(decodePercentLeniently(text) === text ? 1 : 0);
}

/** Keeps a view of the frame and shows what a copy and a view say after the bytes changed. */
export function copies(): void {
  const view = argument(0);
  const copy = view.copy();
  const borrowed = new Slice(view.ptr, view.length);
  const kept = borrowed.kept();
  const owned = view.kept();
  for (let i = 0; i < view.length; i++) store<u8>(view.ptr + <usize>i, 0x2d);
  answerBuilder().append(copy).appendByte(0x20).append(kept).appendByte(0x20).append(owned);
}

/** A builder that grows from 1 byte: the parts, each followed by its number and a byte. */
export function build(parts: i32): void {
  const builder = new Builder(1);
  for (let i = 0; i < parts; i++) {
    builder.append(argument(i)).appendInteger(i).appendByte(0x7c);
  }
  answer(builder.toSlice());
}

export function builderText(): void {
  answer(new Builder(0).appendText(argument(0).toString()).view());
}

/** A builder that is cut, cleared and appended to itself. */
export function rebuild(length: i32): void {
  const builder = new Builder().append(argument(0));
  builder.truncate(length);
  builder.append(builder.view()).append(builder.view());
  const copy = builder.toSlice();
  builder.clear();
  number(builder.length);
  builder.append(argument(1));
  answerBuilder().appendByte(0x20).append(copy).appendByte(0x20).append(builder.view());
}

/** The number whose halves are the parameters, from the builder and as text. */
export function digits(high: i32, low: i32): void {
  const value = ((<i64>high) << 32) | (<i64>(<u32>low));
  answer(new Builder(1).appendInteger(value).view());
  answerText(" " + decimal(value));
}

const counts: BytesTable<Slice> = new BytesTable<Slice>();

/** Sets a key of a table that lives as long as the driver. */
export function tableSet(): void {
  counts.set(argument(0).copy(), argument(1).copy());
  number(counts.size);
}

export function tableFind(): void {
  answer(counts.find(argument(0)));
}

export function tableHas(): void {
  number(counts.has(argument(0)) ? 1 : 0);
}
