import { appendHex, Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

/** What stands for a label that is not there. */
export const NO_LABEL: Slice = bytes("-");

const DOT: u8 = 0x2e;
const UNDERSCORE: u8 = 0x5f;
const LONGEST: i32 = 128;
const HEAD: i32 = 119;
const WORDS: Slice[] = [bytes("upstream"), bytes("model"), bytes("consumer"), bytes("metric")];

/**
 * Appends a label's value so that gateways find its end again, whatever a client put into it: their
 * regular expressions look for the words between the labels (ai-statistics contract 4.2, 8.1).
 *
 *   route.<route>.upstream.<cluster>.model.<model>.consumer.<consumer>.metric.<name>
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
  const bad = findBad(value, 0, last);
  if (bad == last && last == value.length) out.append(value);
  else appendParts(out, value, bad, last);
  if (out.length - start > LONGEST) shorten(out, start, value);
}

/** Appends a value up to `last`. @param bad the first byte that becomes an underscore */
function appendParts(out: Builder, value: Slice, bad: i32, last: i32): void {
  let from = 0;
  while (bad < last) {
    out.append(value.sub(from, bad)).appendByte(UNDERSCORE);
    from = bad + 1;
    bad = findBad(value, from, last);
  }
  out.append(value.sub(from, last));
}

/** Position of the next control character, or dot that a label's word follows; `last`: none. */
function findBad(value: Slice, from: i32, last: i32): i32 {
  for (let i = from; i < last; i++) {
    const byte = value.at(i);
    if (byte < 0x20 || byte == 0x7f || (byte == DOT && isWordAt(value, i + 1))) return i;
  }
  return last;
}

/** Whether one of the words stands there, alone or with more behind it. */
function isWordAt(value: Slice, at: i32): bool {
  const first = value.at(at);
  if (first != 0x75 && first != 0x6d && first != 0x63) return false; // u, m, c
  for (let i = 0; i < WORDS.length; i++) {
    const word = WORDS[i];
    if (!hasAt(value, at, word)) continue;
    // In front only a whole word or one with a dot behind it is one.
    if (at > 0) return true;
    return value.length == word.length || value.at(word.length) == DOT;
  }
  return false;
}

function hasAt(value: Slice, at: i32, word: Slice): bool {
  for (let i = 0; i < word.length; i++) if (value.at(at + i) != word.at(i)) return false;
  return true;
}

/** Keeps the beginning, and a hash so that equal beginnings stay apart. */
function shorten(out: Builder, start: i32, value: Slice): void {
  let hash: u32 = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = (hash ^ (<u32>value.at(i))) * 0x01000193;
  out.truncate(start + HEAD);
  out.appendByte(0x7e);
  appendHex(out, hash, 8);
}
