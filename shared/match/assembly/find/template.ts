import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Finder } from "./finder";
import { SearchFrom } from "./search";
import { Start } from "./start";

const DOLLAR: i32 = 0x24;
/** Instead of a group: what stands there is text. */
const TEXT: i32 = -1;

/**
 * What a match is replaced with: text with `$1`, `$name` and `${name}` for what groups hold, `$$`
 * for a dollar (content-security.md 2.6). A name goes as far as there are letters, digits and `_`;
 * a group that the pattern does not have is empty. Any other `$` is a dollar.
 */
@final
export class Template {
  /** The parts in their order: a text and TEXT, or nothing and the number of a group. */
  private readonly texts: Slice[] = [];
  private readonly groups: i32[] = [];

  /** @param value memory of its own. @param finder compiled with its groups */
  constructor(value: Slice, finder: Finder) {
    let from = 0;
    for (let at = value.indexOf(<u8>DOLLAR); at >= 0; at = value.indexOf(<u8>DOLLAR, from)) {
      this.addText(value.sub(from, at));
      from = this.readDollar(value, at, finder);
    }
    this.addText(value.sub(from));
  }

  /** True when matches need not say what groups hold. */
  get isPlain(): bool {
    for (let i = 0; i < this.groups.length; i++) {
      if (this.groups[i] > 0) return false;
    }
    return true;
  }

  /** Appends the value for the match that the search stands at. */
  expand<S extends Start>(search: SearchFrom<S>, into: Builder): void {
    for (let i = 0; i < this.texts.length; i++) {
      const group = this.groups[i];
      into.append(group == TEXT ? this.texts[i] : search.group(group));
    }
  }

  /** Reads what a dollar begins; answers where the text goes on. */
  private readDollar(value: Slice, at: i32, finder: Finder): i32 {
    const next = value.at(at + 1);
    if (next == DOLLAR) {
      this.addText(value.sub(at, at + 1));
      return at + 2;
    }
    const isBraced = next == 0x7b;
    const from = isBraced ? at + 2 : at + 1;
    let to = isBraced ? value.indexOf(0x7d, from) : from;
    while (!isBraced && isNameByte(value.at(to))) to++;
    if (to <= from) {
      this.addText(value.sub(at, at + 1));
      return at + 1;
    }
    this.addGroup(groupOf(value.sub(from, to), finder));
    return isBraced ? to + 1 : to;
  }

  private addText(text: Slice): void {
    if (text.isEmpty) return;
    this.texts.push(text);
    this.groups.push(TEXT);
  }

  private addGroup(group: i32): void {
    if (group < 0) return;
    this.texts.push(NO_BYTES);
    this.groups.push(group);
  }
}

/** The group by its number or name; −1: there is none. */
function groupOf(name: Slice, finder: Finder): i32 {
  let number = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.at(i) - 0x30;
    if (<u32>digit > 9) return finder.groupNamed(name);
    number = min(number * 10 + digit, finder.groupCount);
  }
  return number < finder.groupCount ? number : -1;
}

function isNameByte(byte: i32): bool {
  const letter = byte | 0x20;
  return (
    byte == 0x5f ||
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a && byte < 0x80)
  );
}
