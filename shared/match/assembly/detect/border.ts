import { Slice } from "@ai-gateway-wasm/bytes";
import { isDigit, isWordByte } from "../regex/byte-classes";

/** What may not stand next to a value; expressions have no lookaround. */
export const enum Border {
  /** Anything may. */
  None,
  Digit,
  /** No digit, and no dot with a digit on its other side: `1.2.3.4.` ends a sentence. */
  DigitOrDot,
  /** No letter, digit or `_`. */
  Word,
  /** As `Word`, and no colon with one of these, or a colon, on its other side. */
  WordOrColon,
}

/** True when a value may begin at the position. */
export function mayBegin(border: Border, text: Slice, at: i32): bool {
  return isApart(border, text.at(at - 1), text.at(at - 2));
}

/** True when a value may end before the position. */
export function mayEnd(border: Border, text: Slice, at: i32): bool {
  return isApart(border, text.at(at), text.at(at + 1));
}

/** @param next the neighbour, −1: none. @param beyond the neighbour's neighbour */
function isApart(border: Border, next: i32, beyond: i32): bool {
  switch (border) {
    case Border.Digit:
      return !isDigit(next);
    case Border.DigitOrDot:
      return !isDigit(next) && !(next == 0x2e && isDigit(beyond));
    case Border.Word:
      return !isWord(next);
    case Border.WordOrColon:
      return !isWord(next) && !(next == 0x3a && (beyond == 0x3a || isWord(beyond)));
    default:
      return true;
  }
}

function isWord(byte: i32): bool {
  return byte >= 0 && isWordByte(byte);
}
