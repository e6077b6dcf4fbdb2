import { Slice } from "@ai-gateway-wasm/bytes";
import { isDigit } from "../regex/byte-classes";

const DOT: i32 = 0x2e;
const COLON: i32 = 0x3a;

/** Four numbers up to 255 with dots between, as RFC 3986 has them: no leading zeros. */
export function isIpv4(text: Slice): bool {
  let parts = 0;
  for (let at = 0; at <= text.length; parts++) {
    let end = text.indexOf(<u8>DOT, at);
    if (end < 0) end = text.length;
    if (!isOctet(text.sub(at, end))) return false;
    at = end + 1;
  }
  return parts == 4;
}

function isOctet(text: Slice): bool {
  if (text.isEmpty || text.length > 3 || (text.length > 1 && text.at(0) == 0x30)) return false;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.at(i))) return false;
    value = value * 10 + text.at(i) - 0x30;
  }
  return value <= 255;
}

/**
 * Eight groups of up to four hexadecimal digits (RFC 4291 section 2.2): `::` once for any number of
 * zero groups, an IPv4 address for the last two. `::` alone is none, and one of two short groups
 * without a digit is a name: `a::b`.
 */
export function isIpv6(text: Slice): bool {
  let groups = 0;
  let gap = -1;
  let hasDigit = false;
  let at = 0;
  while (at < text.length) {
    if (text.at(at) == COLON) {
      if (text.at(at + 1) == COLON && gap < 0) {
        gap = groups;
        at += 2;
        continue;
      }
      // A colon alone stands between two groups.
      const isBetween = groups > 0 && text.at(at - 1) != COLON && at + 1 < text.length;
      if (!isBetween || text.at(at + 1) == COLON) return false;
      at++;
    }
    const end = endOfGroup(text, at);
    if (text.at(end) == DOT) return isIpv4(text.sub(at)) && fits(groups + 2, gap);
    if (end == at || end - at > 4) return false;
    for (; at < end; at++) {
      if (isDigit(text.at(at))) hasDigit = true;
    }
    groups++;
  }
  return fits(groups, gap) && (hasDigit || groups > 2);
}

function fits(groups: i32, gap: i32): bool {
  return gap < 0 ? groups == 8 : groups > 0 && groups < 8;
}

function endOfGroup(text: Slice, at: i32): i32 {
  while (at < text.length && text.at(at) != COLON && text.at(at) != DOT) at++;
  return at;
}
