import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { compileFinder, Finder } from "../find/finder";
import { RegexError } from "../regex/error";
import { Border } from "./border";
import { Check } from "./checks";
import { Detector } from "./detector";

const PHONE_CN: Slice = bytes("(?:\\+?86[- ]?)?1[3-9]\\d{9}");
const IDCARD_CN: Slice = bytes(
  "[1-9]\\d{5}(?:19|20)\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])\\d{3}[\\dXx]",
);
const CREDIT_CARD: Slice = bytes("\\d(?:[ -]?\\d){12,18}");
/**
 * Candidates alone: `EmailSearch` knows the lengths. Counting them here would take an automaton of a
 * state for each length of each part.
 */
const EMAIL: Slice = bytes("[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\\.)+[A-Za-z]{2}");
const IPV4: Slice = bytes("\\d{1,3}(?:\\.\\d{1,3}){3}");
/** A group behind the last colon, or `::` there. */
const IPV6: Slice = bytes(
  "[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,7}:[0-9A-Fa-f]{1,4}(?:\\.\\d{1,3}){0,3}" +
    "|(?:[0-9A-Fa-f]{1,4}:){1,7}:",
);
const SSN_US: Slice = bytes("\\d{3}-\\d{2}-\\d{4}");
const IBAN: Slice = bytes("[A-Z]{2}\\d{2}[A-Z0-9]{11,30}");
const API_KEY: Slice = bytes(
  "sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|" +
    "-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----",
);
/**
 * The other half of `api_key`. In one expression each `eyJ` would have to be followed to the next
 * dot before a key behind it is certain: a text of `eyJAKIA…` would take time that grows with its
 * square.
 */
const JSON_WEB_TOKEN: Slice = bytes("eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+");

/** What no text lacks that has a value of the kind (`Detector.hint`), in the order of `detectorAt`. */
const HINTS: Slice[] = [
  bytes("1[3-9]\\d{9}"),
  bytes("\\d{17}[\\dXx]"),
  bytes("\\d(?:[ -]?\\d){12}"),
  bytes("@[A-Za-z0-9-]"),
  bytes("\\d\\.\\d{1,3}\\.\\d"),
  bytes(":[0-9A-Fa-f]{0,4}:"),
  bytes("\\d{3}-\\d{2}-"),
  bytes("[A-Z]{2}\\d{2}[A-Z0-9]{11}"),
  bytes("sk-|AKIA|gh[pousr]_|-----BEGIN|eyJ"),
];

/** Names, in the order of `detectorAt`. */
const NAMES: Slice[] = [
  bytes("phone_cn"),
  bytes("idcard_cn"),
  bytes("credit_card"),
  bytes("email"),
  bytes("ipv4"),
  bytes("ipv6"),
  bytes("ssn_us"),
  bytes("iban"),
  bytes("api_key"),
];

/** The detector of that name (content-security.md 9.4); null: there is none. */
export function findDetector(name: Slice): Detector | null {
  for (let i = 0; i < NAMES.length; i++) {
    if (NAMES[i].equals(name)) return detectorAt(i);
  }
  return null;
}

function detectorAt(index: i32): Detector | null {
  switch (index) {
    case 0:
      return detector(HINTS[0], PHONE_CN, Border.Digit, Check.None);
    case 1:
      return detector(HINTS[1], IDCARD_CN, Border.Digit, Check.IdCard);
    case 2:
      return detector(HINTS[2], CREDIT_CARD, Border.Digit, Check.Card);
    case 3:
      return new Detector(EMAIL, HINTS[3], [], Border.None, Check.Email);
    case 4:
      return detector(HINTS[4], IPV4, Border.DigitOrDot, Check.Ipv4);
    case 5:
      return detector(HINTS[5], IPV6, Border.WordOrColon, Check.Ipv6);
    case 6:
      return detector(HINTS[6], SSN_US, Border.Digit, Check.Ssn);
    case 7:
      return detector(HINTS[7], IBAN, Border.Word, Check.Iban);
    default:
      return detector(HINTS[8], API_KEY, Border.None, Check.None, JSON_WEB_TOKEN);
  }
}

/** @param other a second expression */
function detector(
  hint: Slice,
  pattern: Slice,
  border: Border,
  check: Check,
  other: Slice = NO_BYTES,
): Detector | null {
  const finder = compileFinder(pattern, new RegexError());
  if (finder === null) return null;
  const finders: Finder[] = [];
  finders.push(finder);
  if (other.isEmpty) return new Detector(pattern, hint, finders, border, check);
  const second = compileFinder(other, new RegexError());
  if (second === null) return null;
  finders.push(second);
  const both = new Builder().append(pattern).appendByte(0x7c).append(other).view(); // '|'
  return new Detector(both, hint, finders, border, check);
}
