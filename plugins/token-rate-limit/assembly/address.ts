import { appendHex, Builder, bytes, hexValue, Slice, trim } from "@ai-gateway-wasm/bytes";

const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
/** Bits 32 to 47 of an IPv4 address in IPv6 form: `::ffff:1.2.3.4` (RFC 4291 section 2.5.5.2). */
const MAPPED: u64 = 0xffff00000000;
const GROUPS: i32 = 8;
const GAP: Slice = bytes("::");

/** An IP address as 128 bits; IPv4 as `::ffff:a.b.c.d`, so that both spellings are one address. */
@final
export class Address {
  constructor(
    readonly high: u64,
    readonly low: u64,
  ) {}

  get isIpv4(): bool {
    return this.high == 0 && this.low >> 32 == 0xffff;
  }

  /** Appends the canonical text: `1.2.3.4`, or RFC 5952 as Go prints it. */
  appendTo(out: Builder): void {
    if (this.isIpv4) appendIpv4(out, <u32>this.low);
    else appendIpv6(out, this);
  }

  /** Its network. @param bits length of the prefix, 0 to 128, counted in the IPv6 form */
  masked(bits: i32): Address {
    return new Address(this.high & maskOf(min(bits, 64)), this.low & maskOf(bits - 64));
  }

  /** One of the eight 16-bit groups. */
  group(index: i32): u32 {
    const half = index < 4 ? this.high : this.low;
    return (<u32>(half >> shiftOf(index))) & 0xffff;
  }
}

/** The first bits of a half; none or fewer: 0. */
export function maskOf(bits: i32): u64 {
  return bits <= 0 ? 0 : u64.MAX_VALUE << (64 - <u64>bits);
}

/** `1.2.3.4`, `2001:db8::1`, `::ffff:1.2.3.4`; null for anything else. Port and zone must be off. */
export function parseAddress(text: Slice): Address | null {
  if (text.indexOf(COLON) >= 0) return parseIpv6(text);
  const value = parseIpv4(text);
  return value < 0 ? null : new Address(0, MAPPED | (<u64>value));
}

/**
 * The host's `source.address` without its port, or one member of a forwarding header, which may
 * have one too:
 *
 *   1.2.3.4:80   [2001:db8::1]:80   2001:db8::1   [fe80::1%eth0]:80
 */
export function parseEndpoint(text: Slice): Address | null {
  let host = trim(text);
  if (host.at(0) == 0x5b) {
    const end = host.indexOf(0x5d);
    if (end < 0) return null;
    host = host.sub(1, end);
  } else if (host.indexOf(COLON) == host.lastIndexOf(COLON)) {
    const port = host.indexOf(COLON);
    if (port >= 0) host = host.sub(0, port);
  }
  const zone = host.indexOf(0x25);
  return parseAddress(zone < 0 ? host : host.sub(0, zone));
}

/** The 32 bits of a dotted address, -1 when it is none. Leading zeros are refused, as in Go. */
function parseIpv4(text: Slice): i64 {
  let value: i64 = 0;
  let at = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.at(at++) != DOT) return -1;
    const start = at;
    let number = 0;
    while (<u32>(text.at(at) - 0x30) < 10 && at - start < 3) {
      number = number * 10 + text.at(at++) - 0x30;
    }
    if (at == start || number > 255 || (at - start > 1 && text.at(start) == 0x30)) return -1;
    value = (value << 8) | number;
  }
  return at == text.length ? value : -1;
}

/**
 * Reads an IPv6 address. Groups before `::` are counted from the left, those behind it from the
 * right:
 *
 *   2001:db8::ffff:1.2.3.4
 *   └──────┘  └──────────┘ the last two groups may be dotted
 */
function parseIpv6(text: Slice): Address | null {
  const groups = new StaticArray<u16>(GROUPS);
  const gap = text.find(GAP);
  let before = GROUPS;
  let count: i32;
  if (gap < 0) {
    count = readGroups(text, groups, 0, true);
    if (count != GROUPS) return null;
  } else {
    before = gap == 0 ? 0 : readGroups(text.sub(0, gap), groups, 0, false);
    const rest = text.sub(gap + GAP.length);
    count = before < 0 || rest.isEmpty ? before : readGroups(rest, groups, before, true);
    if (count < 0 || count == GROUPS) return null;
  }
  let high: u64 = 0;
  let low: u64 = 0;
  for (let i = 0; i < count; i++) {
    const place = i < before ? i : GROUPS - count + i;
    const group: u64 = groups[i];
    if (place < 4) high |= group << shiftOf(place);
    else low |= group << shiftOf(place);
  }
  return new Address(high, low);
}

/** @param count of the groups that are there already @returns how many there are now; -1: it is malformed */
function readGroups(text: Slice, groups: StaticArray<u16>, count: i32, isLast: bool): i32 {
  let at = 0;
  while (count < GROUPS) {
    const start = at;
    let group = 0;
    while (hexValue(text.at(at)) >= 0 && at - start < 4) {
      group = (group << 4) | hexValue(text.at(at++));
    }
    if (isLast && text.at(at) == DOT) {
      const tail = parseIpv4(text.sub(start));
      if (tail < 0 || count > GROUPS - 2) return -1;
      groups[count] = <u16>(tail >> 16);
      groups[count + 1] = <u16>tail;
      return count + 2;
    }
    if (at == start) return -1;
    groups[count++] = <u16>group;
    if (at == text.length) return count;
    if (text.at(at++) != COLON) return -1;
  }
  return -1;
}

/** How far a group is from the end of its half. */
function shiftOf(group: i32): u64 {
  return (3 - (group & 3)) << 4;
}

function appendIpv4(out: Builder, value: u32): void {
  for (let shift: u32 = 24; ; shift -= 8) {
    out.appendInteger((value >> shift) & 0xff);
    if (shift == 0) return;
    out.appendByte(DOT);
  }
}

/** The longest run of two or more zero groups, the first of equal ones, becomes `::`. */
function appendIpv6(out: Builder, address: Address): void {
  let start = -1;
  let length = 1;
  let run = 0;
  for (let i = 0; i < GROUPS; i++) {
    run = address.group(i) == 0 ? run + 1 : 0;
    if (run <= length) continue;
    start = i - run + 1;
    length = run;
  }
  for (let i = 0; i < GROUPS; i++) {
    if (i == start) {
      out.appendByte(COLON).appendByte(COLON);
      i += length - 1;
      continue;
    }
    // Behind the gap its own colons separate; without one, start + length is 0.
    if (i > 0 && i != start + length) out.appendByte(COLON);
    const group = address.group(i);
    appendHex(out, group, digitsOf(group));
  }
}

function digitsOf(group: u32): i32 {
  let digits = 1;
  while (group >> (digits << 2) != 0) digits++;
  return digits;
}
