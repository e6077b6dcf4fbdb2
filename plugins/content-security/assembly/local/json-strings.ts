import { escape, Escape, quote } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { TextWindow } from "./text-window";

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const BACKSLASH: i32 = 0x5c;
const LETTER_U: i32 = 0x75;

/** The strings of JSON that arrives in pieces: what is replaced in it leaves it JSON. */
@final
export class JsonStrings {
  /** Up to here the text was read. */
  at: i32 = 0;
  private isInside: bool = false;
  /** Bytes that an escape still takes. */
  private escape: i32 = 0;

  /** Reads on to a place of the text. */
  goTo(window: TextWindow, place: i32): void {
    const bytes = window.view();
    while (this.at < place) this.take(bytes.at(this.at - window.base));
  }

  /**
   * Reads a match that begins here: in a string to its end at most, with its escapes whole; outside a
   * number or a word, whole.
   *
   * @returns false: it cannot be replaced, but what follows may be
   */
  read(window: TextWindow, end: i32): bool {
    const bytes = window.view();
    if (this.escape > 0 || this.endsAt(bytes.at(this.at - window.base))) {
      do this.take(bytes.at(this.at - window.base));
      while (this.escape > 0 ? this.at < window.end : !this.isInside && this.at < end);
      return false;
    }
    while (this.at < window.end && (this.at < end || this.escape > 0 || !this.isInside)) {
      const byte = bytes.at(this.at - window.base);
      if (this.endsAt(byte)) break;
      this.take(byte);
    }
    return true;
  }

  /** Where the number begins that what was read ends; it stays where it is in a string. */
  beginning(window: TextWindow, place: i32, lowest: i32): i32 {
    return this.isInside ? place : numberBefore(window, place, lowest);
  }

  /** What takes the place of what was read. */
  fit(text: Slice): Slice {
    return this.isInside ? escape(text, Escape.Plain) : quote(text, Escape.Plain);
  }

  /** The byte belongs to what is around a string, a number or a word. */
  private endsAt(byte: i32): bool {
    if (this.isInside) return byte == QUOTE && this.escape == 0;
    const letter = byte | 0x20;
    const isBracket = letter == 0x7b || letter == 0x7d;
    return byte <= 0x20 || byte == QUOTE || byte == COMMA || byte == COLON || isBracket;
  }

  private take(byte: i32): void {
    this.at++;
    if (this.escape > 0) {
      this.escape = byte == LETTER_U && this.escape == 1 ? 4 : this.escape - 1;
    } else if (byte == QUOTE) {
      this.isInside = !this.isInside;
    } else if (byte == BACKSLASH && this.isInside) {
      this.escape = 1;
    }
  }
}

/** Where the number begins that a place may be in the middle of. @param lowest not before this */
export function numberBefore(window: TextWindow, place: i32, lowest: i32): i32 {
  const bytes = window.view();
  let at = place;
  while (at > lowest && isNumeral(bytes.at(at - 1 - window.base))) at--;
  return at;
}

/** `-1.5e+3` */
function isNumeral(byte: i32): bool {
  return (<u32>(byte - 0x2b) < 15 && byte != COMMA) || (byte | 0x20) == 0x65;
}
