import { Builder, bytes, sequenceLength, Slice } from "@ai-gateway-wasm/bytes";
import { appendShortHash } from "../short-hash";

/** What stands for a label that is not there. */
export const NO_LABEL: Slice = bytes("-");

const DOT: u8 = 0x2e;
const UNDERSCORE: u8 = 0x5f;
const LONGEST: i32 = 128;
const HEAD: i32 = 119;
// Words between labels, their letters from the lowest byte on: m is the highest of `upstream`.
const UPSTREAM: u64 = 0x6d61657274737075;
const CONSUMER: u64 = 0x72656d75736e6f63;
const MODEL: u64 = 0x6c65646f6d;
const METRIC: u64 = 0x63697274656d;

/**
 * Appends a label's value so that gateways find its end again, whatever a client put into it: their
 * regular expressions look for the words between the labels (ai-statistics contract 4.2, 8.1).
 *
 *   route.<route>.upstream.<cluster>.model.<model>.consumer.<consumer>.metric.<name>
 *
 * What is appended is UTF-8. Gateways show any bytes, and Prometheus throws away the whole page for
 * one that is none.
 */
export function appendLabel(out: Builder, value: Slice): void {
  const start = out.length;
  let last = value.length;
  while (last > 0 && value.at(last - 1) == DOT) last--;
  if (last == 0) {
    out.append(NO_LABEL);
    return;
  }
  if (isWordAt(value, 0)) out.appendByte(UNDERSCORE);
  let from = 0;
  let at = 0;
  // No byte of a value gives less than one: what is behind would be cut off again.
  while (at < last && at <= LONGEST) {
    const length = goodLength(value, at);
    if (length == 0) {
      out.append(value.sub(from, at)).appendByte(UNDERSCORE);
      from = ++at;
    }
    at += length;
  }
  out.append(value.sub(from, at));
  if (out.length - start > LONGEST) shorten(out, start, value);
}

/**
 * Bytes of the character there. 0: it may not stay, for it is a control character, a dot that a
 * label's word follows, or no UTF-8.
 */
function goodLength(value: Slice, at: i32): i32 {
  const byte = value.at(at);
  if (byte < 0x20 || byte == 0x7f || (byte == DOT && isWordAt(value, at + 1))) return 0;
  return sequenceLength(value.ptr + <usize>at, value.ptr + <usize>value.length);
}

/** Whether one of the words stands there, alone or with more behind it. */
function isWordAt(value: Slice, at: i32): bool {
  const end = at + wordLength(value, at);
  if (end == at) return false;
  // In front only a whole word or one with a dot behind it is one.
  const next = value.at(end);
  return at > 0 || next < 0 || next == DOT;
}

/** Letters of the word that stands there, or 0. */
function wordLength(value: Slice, at: i32): i32 {
  let letters: u64 = 0;
  // Behind the value there is -1, and no word has a byte of ones.
  for (let i = at + 7; i >= at; i--) letters = (letters << 8) | (value.at(i) & 0xff);
  if (letters == UPSTREAM || letters == CONSUMER) return 8;
  if ((letters & 0xffffffffffff) == METRIC) return 6;
  return (letters & 0xffffffffff) == MODEL ? 5 : 0;
}

/** Keeps the beginning, whole characters, and a hash so that equal beginnings stay apart. */
function shorten(out: Builder, start: i32, value: Slice): void {
  const text = out.view();
  let end = start + HEAD;
  while ((text.at(end) & 0xc0) == 0x80) end--;
  out.truncate(end);
  appendShortHash(out, value);
}
