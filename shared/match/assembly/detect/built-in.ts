import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Border } from "./border";
import { Check } from "./checks";
import { Detector } from "./detector";
import { Form } from "./forms";

/*
 * Candidates, for sets of patterns: whatever begins as a value does may go on, and where one ends it
 * matches. What an automaton has to remember of each place is left out where it can be: lengths of
 * parts, and dates. Values side by side would take more states than are kept, and without states a
 * megabyte takes seconds. `endOfForm` knows the rest.
 */
const PHONE_CN: Slice = bytes("(?:\\+?86[- ]?)?\\d{11}");
const IDCARD_CN: Slice = bytes("\\d{17}[\\dXx]");
const CREDIT_CARD: Slice = bytes("\\d(?:[ -]?\\d){12,18}");
const EMAIL: Slice = bytes("[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\\.)+[A-Za-z]{2}");
const IPV4: Slice = bytes("\\d{1,3}(?:\\.\\d{1,3}){3}");
const IPV6: Slice = bytes("[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4})+:[0-9A-Fa-f]{0,4}(?:\\.[\\d.]*)?");
const SSN_US: Slice = bytes("\\d{3}-\\d{2}-\\d{4}");
const IBAN: Slice = bytes("[A-Z]{2}\\d{2}[A-Z0-9]{11,30}");
const API_KEY: Slice = bytes(
  "sk-[A-Za-z0-9_-]+|AKIA[0-9A-Z]+|gh[pousr]_[A-Za-z0-9]+|-----BEGIN [A-Z ]+-----|" +
    "eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+",
);

/** What no text lacks that has a value of the kind (`Detector.hint`), in the order of `Form`. */
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

/** What configurations call them, in the order of `Form`. */
export const DETECTORS: Slice[] = [
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
  for (let i = 0; i < DETECTORS.length; i++) {
    if (DETECTORS[i].equals(name)) return detectorAt(i);
  }
  return null;
}

function detectorAt(index: i32): Detector {
  switch (index) {
    case Form.PhoneCn:
      return detector(index, PHONE_CN, Border.Digit, Check.None);
    case Form.IdCardCn:
      return detector(index, IDCARD_CN, Border.Digit, Check.IdCard);
    case Form.Card:
      return detector(index, CREDIT_CARD, Border.Digit, Check.None);
    case Form.Email:
      return detector(index, EMAIL, Border.None, Check.None);
    case Form.Ipv4:
      return detector(index, IPV4, Border.DigitOrDot, Check.Ipv4);
    case Form.Ipv6:
      return detector(index, IPV6, Border.WordOrColon, Check.Ipv6);
    case Form.SsnUs:
      return detector(index, SSN_US, Border.Digit, Check.Ssn);
    case Form.Iban:
      return detector(index, IBAN, Border.Word, Check.Iban);
    default:
      return detector(index, API_KEY, Border.None, Check.None);
  }
}

function detector(form: Form, pattern: Slice, border: Border, check: Check): Detector {
  return new Detector(pattern, HINTS[form], form, border, check);
}
