import {
  appendEscaped,
  appendJsonNumber,
  findQuote,
  JsonValue,
  parseNumber,
  skipNumber,
  unescape,
} from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Member, sortedMembers } from "./canonical-json";

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const OPEN_SQUARE: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE_SQUARE: u8 = 0x5d;
const SMALL_A: u8 = 0x61;
const OPEN_CURLY: u8 = 0x7b;
const CLOSE_CURLY: u8 = 0x7d;
/** Digits of a number that are those of the nearest double, too. */
const EXACT: i32 = 15;
/** Behind the point of a number below 1 that Go writes without an exponent. */
const PLACES: i32 = 6;
/** Numbers kept of a member that is written. */
const FIELDS: i32 = 4;

/**
 * A value as Go writes what it has read, as `appendCanonical` has it, for values of clients, which may
 * be wide and deep: one pass, whatever is inside of what, and little memory for each value. Lists are
 * made of objects alone whose keys are not in order.
 *
 * @param value a number, or valid JSON of at most `MAX_ATTRIBUTE_DEPTH` levels
 * @returns null for a number that no double can hold
 */
export function canonicalText(value: JsonValue): Slice | null {
  const raw = value.raw;
  const out = new Builder(raw.length + 16);
  const writer = new CanonicalWriter(out, raw.ptr + <usize>raw.length);
  const end = value.isNumber ? writer.number(raw.ptr) : writer.value(raw.ptr);
  return end == 0 ? null : out.view();
}

/** A member whose text is there. */
@final
class WrittenMember extends Member {
  constructor(
    key: Slice,
    readonly from: i32,
    readonly to: i32,
  ) {
    super(key, null);
  }
}

/** Answers the address behind what it writes; 0: it is a number that no double can hold. */
@final
class CanonicalWriter {
  /** Of the members of all open objects: where the key begins and ends, where both are in `out`. */
  private readonly members: usize[] = [];
  private readonly sorted: Builder = new Builder(0);

  constructor(
    private readonly out: Builder,
    private readonly end: usize,
  ) {}

  value(at: usize): usize {
    const first = load<u8>(at);
    if (first == QUOTE) return this.text(at);
    if (first == OPEN_CURLY) return this.object(at + 1);
    if (first == OPEN_SQUARE) return this.array(at + 1);
    if (first < SMALL_A) return this.number(at);
    const end = skipNumber(at, this.end);
    this.out.appendRaw(at, <i32>(end - at));
    return end;
  }

  number(at: usize): usize {
    const end = skipNumber(at, this.end);
    const length = <i32>(end - at);
    if (isPlain(at, end)) {
      this.out.appendRaw(at, length);
      return end;
    }
    const number = parseNumber(new Slice(at, length));
    if (!isFinite(number)) return 0;
    appendJsonNumber(this.out, number);
    return end;
  }

  /** Most escapes are those that Go writes. */
  private text(at: usize): usize {
    const end = findQuote(at + 1, this.end);
    const out = this.out.appendByte(QUOTE);
    let from = at + 1;
    for (let next = from; next < end; next++) {
      if (load<u8>(next) != BACKSLASH) continue;
      if (!isGoEscape(load<u8>(next + 1))) {
        appendEscaped(out, unescape(new Slice(from, <i32>(end - from))));
        from = end;
        break;
      }
      if (next > from) appendEscaped(out, new Slice(from, <i32>(next - from)));
      out.appendRaw(next++, 2);
      from = next + 1;
    }
    if (from < end) appendEscaped(out, new Slice(from, <i32>(end - from)));
    out.appendByte(QUOTE);
    return end + 1;
  }

  private array(at: usize): usize {
    const out = this.out.appendByte(OPEN_SQUARE);
    at = behindGap(at);
    for (let i = 0; load<u8>(at) != CLOSE_SQUARE; i++) {
      if (i > 0) out.appendByte(COMMA);
      at = this.value(at);
      if (at == 0) return 0;
      at = behindGap(at);
    }
    out.appendByte(CLOSE_SQUARE);
    return at + 1;
  }

  private object(at: usize): usize {
    const out = this.out;
    const members = this.members;
    const first = members.length;
    const start = out.length;
    let isSorted = true;
    let before = NO_BYTES;
    out.appendByte(OPEN_CURLY);
    at = behindGap(at);
    while (load<u8>(at) != CLOSE_CURLY) {
      const keyEnd = findQuote(at + 1, this.end);
      const key = keyIn(at + 1, keyEnd);
      if (members.length > first) {
        out.appendByte(COMMA);
        if (before.compare(key) >= 0) isSorted = false;
      }
      before = key;
      members.push(at + 1);
      members.push(keyEnd);
      members.push(out.length);
      at = behindGap(this.text(at));
      out.appendByte(COLON);
      at = this.value(at);
      if (at == 0) return 0;
      members.push(out.length);
      at = behindGap(at);
    }
    out.appendByte(CLOSE_CURLY);
    if (!isSorted) this.sort(first, start);
    members.length = first;
    return at + 1;
  }

  /** Puts the members from `first` on into order, whose object begins at `start`. */
  private sort(first: i32, start: i32): void {
    const members = this.members;
    const all: Member[] = [];
    for (let i = first; i < members.length; i += FIELDS) {
      const key = keyIn(members[i], members[i + 1]);
      all.push(new WrittenMember(key, <i32>members[i + 2], <i32>members[i + 3]));
    }
    const ordered = sortedMembers(all);
    const sorted = this.sorted;
    sorted.clear();
    for (let i = 0; i < ordered.length; i++) {
      const member = <WrittenMember>ordered[i];
      sorted.appendByte(i == 0 ? OPEN_CURLY : COMMA);
      sorted.appendRaw(this.out.ptr + <usize>member.from, member.to - member.from);
    }
    this.out.truncate(start);
    this.out.append(sorted.view()).appendByte(CLOSE_CURLY);
  }
}

/** Valid JSON has nothing else between its values. */
function behindGap(at: usize): usize {
  while (load<u8>(at) <= 0x20 || load<u8>(at) == COMMA || load<u8>(at) == COLON) at++;
  return at;
}

function keyIn(at: usize, end: usize): Slice {
  return unescape(new Slice(at, <i32>(end - at)));
}

/** Whether a number stands as Go writes it: no zeros around it, few digits, no exponent. Most do. */
function isPlain(at: usize, end: usize): bool {
  const isNegative = at < end && load<u8>(at) == MINUS;
  if (isNegative) at++;
  const point = behindDigits(at, end);
  const whole = <i32>(point - at);
  const isSmall = whole == 1 && load<u8>(at) == ZERO;
  if (whole == 0 || (load<u8>(at) == ZERO && !isSmall)) return false;
  if (point == end) return whole <= EXACT && !(isSmall && isNegative);
  const places = <i32>(end - point) - 1;
  if (load<u8>(point) != DOT || places < 1 || behindDigits(point + 1, end) != end) return false;
  return whole + places <= (isSmall ? PLACES + 1 : EXACT) && load<u8>(end - 1) != ZERO;
}

function behindDigits(at: usize, end: usize): usize {
  while (at < end && <u32>(<i32>load<u8>(at) - ZERO) < 10) at++;
  return at;
}

/** Whether the letter behind a backslash is one that Go writes there: one of `"\bfnrt`. */
function isGoEscape(letter: u8): bool {
  if (letter == QUOTE || letter == BACKSLASH || letter == 0x62 || letter == 0x66) return true;
  return letter == 0x6e || letter == 0x72 || letter == 0x74;
}
