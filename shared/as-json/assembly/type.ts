import { Char } from "./char";

/** What kind of value a JSON text is. */
export const enum JsonType {
  Null,
  Boolean,
  Number,
  String,
  Array,
  Object,
}

/** Answer of `typeAt` for a byte that begins no value. */
export const NO_VALUE: i32 = -1;

/**
 * The type of the value that begins at `at`, judged by its first byte (the second for `n`), or
 * `NO_VALUE`. `nan`, `inf` and a leading `+` count as numbers, as in GJSON.
 */
export function typeAt(at: usize, end: usize): i32 {
  if (at >= end) return NO_VALUE;
  switch (<i32>load<u8>(at)) {
    case Char.Quote:
      return JsonType.String;
    case Char.OpenCurly:
      return JsonType.Object;
    case Char.OpenSquare:
      return JsonType.Array;
    case 0x74: // t
    case 0x66: // f
      return JsonType.Boolean;
    case 0x6e: // n
      return at + 1 < end && load<u8>(at + 1) != 0x75 ? JsonType.Number : JsonType.Null;
    case Char.Plus:
    case Char.Minus:
    case 0x69: // i
    case 0x49: // I
    case 0x4e: // N
      return JsonType.Number;
    default:
      return <u32>(load<u8>(at) - Char.Zero) < 10 ? JsonType.Number : NO_VALUE;
  }
}
