import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { TRUNCATED } from "./cut";

const STAR: u8 = 0x2a;
const AT: u8 = 0x40;
const DOT: u8 = 0x2e;
/** Digits of a telephone, card or account number; shorter ones are years and amounts. */
const DIGITS: i32 = 7;
/** Letters and digits of a key. */
const KEY: i32 = 20;

/**
 * A text without what tells who somebody is or opens a door: of e-mail addresses, long numbers and
 * keys every letter and digit becomes a star.
 *
 *   call 138-0013-8000 or jo@example.com, key sk-9f8e7d6c5b4a39281706
 *        ***-****-****    **@*******.***      **-********************
 *
 * It looks at words: what stands between blanks, quotes and brackets. Of a word that a cut may have
 * shortened all is hidden. Linear, whatever the text.
 */
export function mask(text: Slice): Slice {
  const out = new Builder(text.length);
  let at = 0;
  while (at < text.length) {
    const start = at;
    while (at < text.length && isWord(text.at(at))) at++;
    const word = text.sub(start, at);
    if (isMarkAt(text, at) || isMarkAt(text, start - TRUNCATED.length) || isTelling(word)) {
      hide(out, word);
    } else {
      out.append(word);
    }
    if (at < text.length) out.appendByte(<u8>text.at(at++));
  }
  return out.view();
}

/** Whether a text that lost its middle was put together again there. */
function isMarkAt(text: Slice, at: i32): bool {
  // Two bytes that are hardly ever behind a word spare the comparison.
  if (text.at(at) != 0x20 || text.at(at + 1) != 0x5b) return false;
  return text.sub(at).startsWith(TRUNCATED);
}

function hide(out: Builder, word: Slice): void {
  for (let i = 0; i < word.length; i++) {
    const byte = word.at(i);
    out.appendByte(isLetter(byte) || isDigit(byte) ? STAR : <u8>byte);
  }
}

/** Whether it looks like an address, a number of somebody, or a key. */
function isTelling(word: Slice): bool {
  const sign = word.indexOf(AT);
  if (sign > 0 && word.indexOf(DOT, sign) > 0) return true;
  let digits = 0;
  let letters = 0;
  for (let i = 0; i < word.length; i++) {
    if (isDigit(word.at(i))) digits++;
    else if (isLetter(word.at(i))) letters++;
  }
  if (letters == 0) return digits >= DIGITS;
  return digits > 0 && letters + digits >= KEY;
}

/** Bytes of words: ASCII letters, digits and what stands inside of addresses, numbers and keys. */
function isWord(byte: i32): bool {
  if (isLetter(byte) || isDigit(byte)) return true;
  return byte == AT || byte == DOT || byte == 0x2b || byte == 0x2d || byte == 0x5f;
}

function isLetter(byte: i32): bool {
  return <u32>((byte | 0x20) - 0x61) < 26;
}

function isDigit(byte: i32): bool {
  return <u32>(byte - 0x30) < 10;
}
