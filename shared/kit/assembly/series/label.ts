import { appendHex, Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

/** What stands for a label that is not there. */
export const NO_LABEL: Slice = bytes("-");

const DOT: u8 = 0x2e;
const UNDERSCORE: u8 = 0x5f;
const LONGEST: i32 = 128;
const HEAD: i32 = 119;
const WORDS: string[] = ["upstream", "model", "consumer", "metric"];

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
  let from = 0;
  for (let i = 0; i < last; i++) {
    if (!isBad(value, i)) continue;
    out.append(value.sub(from, i)).appendByte(UNDERSCORE);
    from = i + 1;
  }
  out.append(value.sub(from, last));
  if (out.length - start > LONGEST) shorten(out, start, value);
}

/** Whether there is a control character, or a dot that a label's word follows. */
function isBad(value: Slice, at: i32): bool {
  const byte = value.at(at);
  return byte < 0x20 || byte == 0x7f || (byte == DOT && isWordAt(value, at + 1));
}

/** Whether one of the words stands there, alone or with more behind it. */
function isWordAt(value: Slice, at: i32): bool {
  for (let i = 0; i < WORDS.length; i++) {
    const word = WORDS[i];
    if (!hasAt(value, at, word)) continue;
    // In front only a whole word or one with a dot behind it is one.
    const next = value.at(at + word.length);
    if (at > 0 || next < 0 || next == DOT) return true;
  }
  return false;
}

function hasAt(value: Slice, at: i32, word: string): bool {
  for (let i = 0; i < word.length; i++) {
    if (value.at(at + i) != word.charCodeAt(i)) return false;
  }
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
