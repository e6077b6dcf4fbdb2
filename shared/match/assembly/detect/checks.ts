import { Slice } from "@ai-gateway-wasm/bytes";
import { isDigit } from "../regex/byte-classes";
import { isIpv4, isIpv6 } from "./ip-address";

/** What is asked of a candidate besides its form. */
export const enum Check {
  None,
  /** Chinese resident identity number: ISO 7064 MOD 11-2. */
  IdCard,
  Ipv4,
  Ipv6,
  /** US social security number: numbers that are never given out. */
  Ssn,
  /** MOD 97 of ISO 13616. */
  Iban,
}

/** @param value has the form of its kind */
export function isValid(check: Check, value: Slice): bool {
  switch (check) {
    case Check.IdCard:
      return isIdCard(value);
    case Check.Ipv4:
      return isIpv4(value);
    case Check.Ipv6:
      return isIpv6(value);
    case Check.Ssn:
      return isSsn(value);
    case Check.Iban:
      return isIban(value);
    default:
      return true;
  }
}

/** The weights 7 9 10 5 … 2 of the digits are the powers of 2 modulo 11. */
function isIdCard(value: Slice): bool {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum = (sum + value.at(i) - 0x30) * 2;
  const last = value.at(17);
  const digit = isDigit(last) ? last - 0x30 : 10; // X
  return (sum + digit) % 11 == 1;
}

/** `AAA-GG-SSSS`: area not 000, 666 or 9xx, group not 00, serial not 0000. */
function isSsn(value: Slice): bool {
  const area = numberIn(value.sub(0, 3));
  return (
    area != 0 &&
    area != 666 &&
    area < 900 &&
    numberIn(value.sub(4, 6)) != 0 &&
    numberIn(value.sub(7)) != 0
  );
}

function numberIn(digits: Slice): i32 {
  let number = 0;
  for (let i = 0; i < digits.length; i++) number = number * 10 + digits.at(i) - 0x30;
  return number;
}

/** Country and check digits go to the end, letters are two digits from 10 on, the rest by 97 is 1. */
function isIban(value: Slice): bool {
  let rest = 0;
  for (let i = 0; i < value.length; i++) {
    const byte = value.at((i + 4) % value.length);
    rest = (isDigit(byte) ? rest * 10 + byte - 0x30 : rest * 100 + byte - 0x37) % 97;
  }
  return rest == 1;
}
