import { Slice } from "@ai-gateway-wasm/bytes";
import { TRUNCATED } from "./cut";
import { behindEscape, withoutUnicodeEscapes } from "./escapes";

const STAR: u8 = 0x2a;
const AT: u8 = 0x40;
const DOT: u8 = 0x2e;
const BLANK: i32 = 0x20;
const TAB: i32 = 0x09;
const HYPHEN: i32 = 0x2d;
/** Bytes of a full-width digit, and of a blank or dash that prints as one. */
const WIDE: i32 = 3;
const OPEN: i32 = 0x28;
const CLOSE: i32 = 0x29;
/** Digits of a telephone, card or account number; shorter ones are years and amounts. */
const DIGITS: i32 = 7;
/** The same among letters: somebody's number with its country or a sign. */
const LONG_DIGITS: i32 = 11;
/** Letters and digits of a key. */
const KEY: i32 = 20;
/** Letters and digits of an IBAN's groups, the last one apart. */
const GROUP: i32 = 4;
const MOST_GROUPS: i32 = 9;

/**
 * A text without what tells who somebody is or opens a door: of e-mail addresses, long numbers and
 * keys every letter and digit becomes a star.
 *
 *   call 138 0013 8000 or jo@example.com, key sk-9f8e7d6c5b4a39281706
 *        *** **** ****    **@*******.***      **-********************
 *
 * Of what a cut may have shortened all is hidden. JSON, in which an escape is no part of a word, stays
 * JSON. Linear, whatever the text.
 */
export function mask(text: Slice): Slice {
  const copy = withoutUnicodeEscapes(text).copy().owner;
  return copy === null ? text : new Masking(copy).run();
}

/** A text that is being masked in place. */
@final
class Masking {
  /** Of what was counted last. */
  private digits: i32 = 0;
  private smalls: i32 = 0;
  private capitals: i32 = 0;

  private readonly text: Slice;

  constructor(private readonly bytes: StaticArray<u8>) {
    this.text = Slice.of(bytes);
  }

  run(): Slice {
    const text = this.text;
    // Addresses first: they may have characters of any script, and behind them their stars end words.
    for (let at = 0; at < text.length;) {
      const start = at;
      while (isToken(text.at(at))) at++;
      if (at > start) this.hideAddress(start, at);
      else at = behindEscape(text, at);
    }
    for (let at = 0; at < text.length;) {
      const start = at;
      at = this.endOf(at, false);
      at = at > start ? this.passChunk(start, at) : behindEscape(text, at);
    }
    return text;
  }

  /**
   * Hides the addresses of a token, and what is between them. Writing without blanks puts sentences
   * beside addresses: they are part of one only where they touch its sign.
   *
   *   我的邮箱是jo@example.com谢谢     张三@example.com
   *             └────┬───────┘        └───────┬─────┘
   */
  private hideAddress(start: i32, end: i32): void {
    const text = this.text.sub(0, end);
    while (text.at(start) == AT) start++;
    const first = text.indexOf(AT, start);
    if (first <= start) return;
    const last = text.lastIndexOf(AT);
    if (text.indexOf(DOT, first) < 0 && !isMarkAt(this.text, end)) return;
    let from = isWide(text, first - 1) ? start : first;
    while (from > start && !isWide(text, from - 1)) from--;
    let to = isWide(text, last + 1) ? end : last + 1;
    while (to < end && !isWide(text, to)) to++;
    this.hide(from, to);
  }

  /** What stands between blanks, quotes and brackets. Answers where to go on. */
  private passChunk(start: i32, end: i32): i32 {
    this.count(start, end);
    if (this.smalls + this.capitals == 0) return this.passNumber(start, end);
    const isMixed = this.smalls > 0 && this.capitals > 0;
    if (this.touchesCut(start, end) || (isMixed && this.isKey)) {
      this.hide(start, end);
      return end;
    }
    // An address of the web is many words, a line of a configuration two.
    let at = start;
    while (at < end) {
      const from = at;
      at = this.endOf(at, true);
      at = at > from ? this.passWord(from, at) : at + 1;
    }
    return at;
  }

  private passWord(start: i32, end: i32): i32 {
    this.count(start, end);
    if (this.smalls + this.capitals == 0) return this.passNumber(start, end);
    if (this.digits == 2 && end - start == GROUP && isDigit(this.text.at(start + 2))) {
      return this.passIban(start, end);
    }
    if (this.digits >= LONG_DIGITS || this.isKey) this.hide(start, end);
    return end;
  }

  /** Digits, which were counted, and those behind a gap: `(030) 123 4567`. */
  private passNumber(start: i32, end: i32): i32 {
    let digits = 0;
    while (this.digits > 0 && this.smalls + this.capitals == 0) {
      digits += this.digits;
      const next = this.behindGap(end);
      const nextEnd = this.endOf(next, false);
      this.count(next, nextEnd);
      if (this.digits > 0 && this.smalls + this.capitals == 0) end = nextEnd;
    }
    if (digits >= DIGITS || this.touchesCut(start, end)) this.hide(start, end);
    return end;
  }

  /** Perhaps an account: `DE89 3704 0044 0532 0130 00`; all of its groups but the last are of four. */
  private passIban(start: i32, end: i32): i32 {
    let digits = this.digits;
    let last = end;
    for (let i = 1; i < MOST_GROUPS && this.text.at(last) == BLANK; i++) {
      const next = this.endOf(last + 1, false);
      this.count(last + 1, next);
      const length = this.digits + this.smalls + this.capitals;
      if (length == 0 || length > GROUP) break;
      digits += this.digits;
      last = next;
      if (length < GROUP) break;
    }
    if (digits < DIGITS && !this.touchesCut(start, last)) return end;
    this.hide(start, last);
    return last;
  }

  private get isKey(): bool {
    return this.digits > 0 && this.digits + this.smalls + this.capitals >= KEY;
  }

  private count(start: i32, end: i32): void {
    this.digits = 0;
    this.smalls = 0;
    this.capitals = 0;
    for (let i = start; i < end; i++) {
      const byte = this.text.at(i);
      if (isDigit(byte)) this.digits++;
      else if (isWideDigit(this.text, i)) {
        this.digits++;
        i += WIDE - 1;
      } else if (!isLetter(byte)) continue;
      else if ((byte & 0x20) != 0) this.smalls++;
      else this.capitals++;
    }
  }

  /** Where the word or chunk ends that begins at `at`. */
  private endOf(at: i32, isOfWord: bool): i32 {
    for (;;) {
      const byte = this.text.at(at);
      if (isOfWord ? isWord(byte) : isChunk(byte)) at++;
      else if (isWideDigit(this.text, at)) at += WIDE;
      else break;
    }
    return at;
  }

  /** Brackets, two blanks and dashes that are not ASCII's, or a hyphen between blanks. */
  private behindGap(at: i32): i32 {
    for (let gaps = 0; ;) {
      const byte = this.text.at(at);
      if (byte == OPEN || byte == CLOSE) {
        at++;
        continue;
      }
      const length = gapAt(this.text, at);
      if (length == 0 || gaps++ == 2) break;
      at += length;
      if (gaps == 1 && this.text.at(at) == HYPHEN && gapAt(this.text, at + 1) > 0) at++;
    }
    return at;
  }

  /** Whether a text that lost its middle was put together again before it or behind it. */
  private touchesCut(start: i32, end: i32): bool {
    return isMarkAt(this.text, end) || isMarkAt(this.text, start - TRUNCATED.length);
  }

  private hide(start: i32, end: i32): void {
    for (let i = start; i < end; i++) {
      const byte = this.text.at(i);
      if (isLetter(byte) || isDigit(byte) || byte >= 0x80) {
        this.bytes[i] = STAR;
      }
    }
  }
}

function isMarkAt(text: Slice, at: i32): bool {
  // Two bytes that are hardly ever behind a word spare the comparison.
  if (text.at(at) != BLANK || text.at(at + 1) != 0x5b) return false;
  return text.sub(at).startsWith(TRUNCATED);
}

/** Whether a byte is of a character that stands in words without blanks, or of a sign. */
function isWide(text: Slice, at: i32): bool {
  const byte = text.at(at);
  if (byte < 0x80) return false;
  return !isLatinLead(byte) && !(byte < 0xc0 && isLatinLead(text.at(at - 1)));
}

/** The first of the two bytes of `ü`, `ж` or `ω`. */
function isLatinLead(byte: i32): bool {
  return byte >= 0xc3 && byte < 0xe0;
}

/** Bytes of what may have an address in it. */
function isToken(byte: i32): bool {
  return isChunk(byte) || byte >= 0x80;
}

/** Bytes of keys, and of what stands without blanks. */
function isChunk(byte: i32): bool {
  return isWord(byte) || byte == 0x2f || byte == 0x3d;
}

/** ASCII letters, digits and what stands inside of addresses, numbers and keys. */
function isWord(byte: i32): bool {
  if (isLetter(byte) || isDigit(byte)) return true;
  return byte == AT || byte == DOT || byte == 0x2b || byte == 0x2d || byte == 0x5f;
}

/** `０` to `９`, as they stand in Chinese and Japanese. */
function isWideDigit(text: Slice, at: i32): bool {
  return text.at(at) == 0xef && text.at(at + 1) == 0xbc && <u32>(text.at(at + 2) - 0x90) < 10;
}

/** Bytes of the blank or typographic dash at `at`: U+00A0, U+2007 to U+2015, U+202F; 0: there is none. */
function gapAt(text: Slice, at: i32): i32 {
  const byte = text.at(at);
  if (byte == BLANK || byte == TAB) return 1;
  if (byte == 0xc2) return text.at(at + 1) == 0xa0 ? 2 : 0;
  if (byte != 0xe2 || text.at(at + 1) != 0x80) return 0;
  const last = text.at(at + 2);
  return (last >= 0x87 && last <= 0x95) || last == 0xaf ? WIDE : 0;
}

function isLetter(byte: i32): bool {
  return <u32>((byte | 0x20) - 0x61) < 26;
}

function isDigit(byte: i32): bool {
  return <u32>(byte - 0x30) < 10;
}
