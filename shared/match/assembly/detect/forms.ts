import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { isDigit } from "../regex/byte-classes";
import { endOfCard } from "./card";

/** What values of a kind look like (content-security.md 9.4). Addresses of e-mail: `EmailSearch`. */
export const enum Form {
  PhoneCn,
  IdCardCn,
  Card,
  Email,
  Ipv4,
  Ipv6,
  SsnUs,
  Iban,
  ApiKey,
}

const COLON: i32 = 0x3a;
const DOT: i32 = 0x2e;
const DASH: i32 = 0x2d;
const BLANK: i32 = 0x20;
const PLUS: i32 = 0x2b;

/** No form begins there. */
export const NO_FORM: i32 = -1;

/** The bytes that forms begin with, in the order of `Form`. */
const LEADS: Slice[] = [
  bytes("+81"),
  bytes("123456789"),
  bytes("0123456789"),
  bytes("@"),
  bytes("0123456789"),
  bytes(":0123456789ABCDEFabcdef"),
  bytes("0123456789"),
  bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
  bytes("-Aegs"),
];

/** A table of the bytes that a form may begin with: 1 for those. */
export function leadsOf(form: Form): StaticArray<u8> {
  const table = new StaticArray<u8>(256);
  const leads = LEADS[form];
  for (let i = 0; i < leads.length; i++) table[leads.at(i)] = 1;
  return table;
}

/** Where the form ends that begins at a position; NO_FORM: none does. A key of an API: `ApiKeys`. */
export function endOfForm(form: Form, text: Slice, start: i32): i32 {
  switch (form) {
    case Form.PhoneCn:
      return endOfPhone(text, start);
    case Form.IdCardCn:
      return endOfIdCard(text, start);
    case Form.Card:
      return endOfCard(text, start);
    case Form.Ipv4:
      return endOfIpv4(text, start);
    case Form.Ipv6:
      return endOfIpv6(text, start);
    case Form.SsnUs:
      return endOfSsn(text, start);
    case Form.Iban:
      return endOfIban(text, start);
    default:
      return NO_FORM;
  }
}

/** `(?:\+?86[- ]?)?1[3-9]\d{9}` */
function endOfPhone(text: Slice, start: i32): i32 {
  let at = start;
  if (text.at(at) == PLUS && text.at(++at) != 0x38) return NO_FORM;
  if (text.at(at) == 0x38) {
    if (text.at(at + 1) != 0x36) return NO_FORM;
    at += 2;
    if (text.at(at) == BLANK || text.at(at) == DASH) at++;
  }
  const isMobile = text.at(at) == 0x31 && text.at(at + 1) >= 0x33;
  return isMobile ? behindDigits(text, at, 11) : NO_FORM;
}

/**
 * `[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]`:
 *
 *   110105 1949 12 31 002 X
 */
function endOfIdCard(text: Slice, start: i32): i32 {
  const end = behindDigits(text, start, 17);
  if (end < 0) return NO_FORM;
  const century = twoDigits(text, start + 6);
  const month = twoDigits(text, start + 10);
  const day = twoDigits(text, start + 12);
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!isDate || (century != 19 && century != 20)) return NO_FORM;
  const last = text.at(end);
  return isDigit(last) || (last | 0x20) == 0x78 ? end + 1 : NO_FORM;
}

/** `\d{1,3}(?:\.\d{1,3}){3}` */
function endOfIpv4(text: Slice, start: i32): i32 {
  const end = behindSomeDigits(text, start);
  return end > start ? behindOctets(text, end, 3, 3) : NO_FORM;
}

/** `\d{3}-\d{2}-\d{4}` */
function endOfSsn(text: Slice, start: i32): i32 {
  if (behindDigits(text, start, 3) < 0 || text.at(start + 3) != DASH) return NO_FORM;
  if (behindDigits(text, start + 4, 2) < 0 || text.at(start + 6) != DASH) return NO_FORM;
  return behindDigits(text, start + 7, 4);
}

/** `[A-Z]{2}\d{2}[A-Z0-9]{11,30}` */
function endOfIban(text: Slice, start: i32): i32 {
  if (!isUpper(text.at(start + 1)) || behindDigits(text, start + 2, 2) < 0) return NO_FORM;
  let end = start + 4;
  while (end < start + 34 && (isUpper(text.at(end)) || isDigit(text.at(end)))) end++;
  return end >= start + 15 ? end : NO_FORM;
}

/**
 * The longer of `[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,7}:[0-9A-Fa-f]{1,4}(?:\.\d{1,3}){0,3}` and
 * `(?:[0-9A-Fa-f]{1,4}:){1,7}:`:
 *
 *   2001:db8::8a2e:10.0.0.1      2001:db8:1::
 *             ▲                            ▲
 *             last group, behind the eighth colon at most; gap at the end
 */
function endOfIpv6(text: Slice, start: i32): i32 {
  let last = 0; // where the last group begins
  let gap = 0; // behind the first `::` between groups or at their end
  let at = behindGroup(text, start);
  let hasGroups = at > start;
  for (let colons = 1; colons <= 8 && text.at(at) == COLON; colons++) {
    const group = at + 1;
    at = behindGroup(text, group);
    if (colons > 1 && at > group) last = group;
    if (hasGroups && gap == 0 && colons < 8 && text.at(group) == COLON) gap = group + 1;
    hasGroups = hasGroups && at > group;
  }
  const end = last > 0 ? behindOctets(text, behindGroup(text, last), 0, 3) : NO_FORM;
  return gap > end ? gap : end;
}

/** Up to four hexadecimal digits. */
function behindGroup(text: Slice, start: i32): i32 {
  let at = start;
  while (at < start + 4 && isHex(text.at(at))) at++;
  return at;
}

/** `(?:\.\d{1,3}){least,most}`; NO_FORM: there are not so many. */
function behindOctets(text: Slice, start: i32, least: i32, most: i32): i32 {
  let at = start;
  let count = 0;
  for (; count < most && text.at(at) == DOT && isDigit(text.at(at + 1)); count++) {
    at = behindSomeDigits(text, at + 1);
  }
  return count >= least ? at : NO_FORM;
}

/** Up to three digits. */
function behindSomeDigits(text: Slice, start: i32): i32 {
  let at = start;
  while (at < start + 3 && isDigit(text.at(at))) at++;
  return at;
}

/** Behind so many digits; NO_FORM: there are not so many. */
function behindDigits(text: Slice, start: i32, count: i32): i32 {
  for (let at = start; at < start + count; at++) if (!isDigit(text.at(at))) return NO_FORM;
  return start + count;
}

/** Of two digits. */
function twoDigits(text: Slice, at: i32): i32 {
  return (text.at(at) - 0x30) * 10 + text.at(at + 1) - 0x30;
}

export function isUpper(byte: i32): bool {
  return byte >= 0x41 && byte <= 0x5a;
}

function isHex(byte: i32): bool {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
