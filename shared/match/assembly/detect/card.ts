import { Slice } from "@ai-gateway-wasm/bytes";
import { isDigit } from "../regex/byte-classes";
import { Border, mayEnd } from "./border";

const MIN_DIGITS: i32 = 13;
const MAX_DIGITS: i32 = 19;

/**
 * Where the longest card number from a digit on ends, at a place where a number may end: behind a
 * card its month may stand. −1: there is none. Luhn's sum is kept for both cases, an even and an odd
 * number of digits, so one pass is enough: in `1 1 1 1 …` a number may begin at each digit.
 */
export function endOfCard(text: Slice, start: i32): i32 {
  let end = -1;
  let isUniform = true;
  let evenSum = 0;
  let oddSum = 0;
  for (let at = start, digits = 0; digits < MAX_DIGITS && isDigit(text.at(at));) {
    const digit = text.at(at++) - 0x30;
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    const isEven = (digits++ & 1) == 0;
    evenSum += isEven ? doubled : digit;
    oddSum += isEven ? digit : doubled;
    isUniform = isUniform && digit == text.at(start) - 0x30;
    const sum = (digits & 1) == 0 ? evenSum : oddSum;
    if (digits >= MIN_DIGITS && !isUniform && sum % 10 == 0 && mayEnd(Border.Digit, text, at)) {
      end = at;
    }
    const next = text.at(at);
    if (next == 0x20 || next == 0x2d) at++;
  }
  return end;
}
