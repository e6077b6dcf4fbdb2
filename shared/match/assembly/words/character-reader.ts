import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ABSENT, widthAfter } from "./characters";
import { normalised, WordSet } from "./word-set";
import { WordOptions } from "./word-options";

/**
 * Reads a text that arrives in pieces, character by character as the options of a set see them. The
 * beginning of a character that the next piece ends is kept here. Where nothing is normalised each
 * byte is a character: that is faster, and the same.
 */
@final
export class CharacterReader {
  /** The character (characters.ts), and where it begins and ends in the text. */
  character: u32 = 0;
  start: i32 = 0;
  end: i32 = 0;
  /** The byte that `skip` passed over last. */
  lastSkipped: i32 = 0;
  private piece: Slice = NO_BYTES;
  private at: i32 = 0;
  /** Where the piece begins in the text. */
  private base: i32 = 0;
  /** Bytes of a character that is not complete. */
  private begun: u32 = 0;
  private begunLength: i32 = 0;
  private isFinished: bool = false;
  private readonly options: WordOptions;
  private readonly readsBytes: bool;
  /** By byte: no word begins with it, and it is a character of its own. */
  private readonly isSkipped: StaticArray<bool> = new StaticArray<bool>(256);

  constructor(set: WordSet) {
    const options = set.options;
    this.options = options;
    this.readsBytes = !options.normalise && !options.ignoreSeparators;
    for (let byte = 0; byte < 256; byte++) {
      const isAlone = this.readsBytes || byte < 0x80;
      this.isSkipped[byte] = isAlone && set.tree.isForeign(normalised(byte, options));
    }
  }

  feed(piece: Slice): void {
    this.base += this.piece.length;
    this.piece = piece;
    this.at = 0;
  }

  finish(): void {
    this.feed(NO_BYTES);
    this.isFinished = true;
  }

  /** Bytes read so far. */
  get position(): i32 {
    return this.base + this.at;
  }

  /** Where the character begins that is not complete; where the next one would. */
  get pendingFrom(): i32 {
    return this.position - this.begunLength;
  }

  /** Reads the next character that counts; false at the end of the piece. */
  next(): bool {
    while (this.read()) {
      this.character = normalised(this.character, this.options);
      if (this.character != ABSENT) return true;
    }
    return false;
  }

  /** Passes over bytes that no word begins with; answers how many. */
  skip(): i32 {
    if (this.begunLength > 0) return 0;
    const piece = this.piece;
    const table = changetype<usize>(this.isSkipped);
    const start = piece.ptr + <usize>this.at;
    const end = piece.ptr + <usize>piece.length;
    let at = start;
    while (at < end && load<bool>(table + <usize>load<u8>(at))) at++;
    if (at == start) return 0;
    this.lastSkipped = load<u8>(at - 1);
    this.at += <i32>(at - start);
    return <i32>(at - start);
  }

  /** Reads the next character as it stands there. */
  private read(): bool {
    const piece = this.piece;
    if (this.begunLength == 0) {
      if (this.at >= piece.length) return false;
      const lead = piece.at(this.at);
      if (this.readsBytes || lead < 0x80) {
        this.start = this.base + this.at++;
        return this.found(lead, 1);
      }
      this.begun = 0;
    }
    return this.readWide(piece);
  }

  /** Goes on with a character of several bytes. */
  private readWide(piece: Slice): bool {
    const start = this.pendingFrom;
    let width = this.begunLength == 0 ? 4 : widthAfter(this.begun & 0xff);
    while (this.begunLength < width) {
      const byte = piece.at(this.at);
      if (byte < 0 && !this.isFinished) return false;
      if (this.begunLength == 0) width = widthAfter(byte);
      else if (byte < 0 || (byte & ~0x3f) != 0x80) break; // it is cut: its bytes as they are
      this.begun |= (<u32>byte) << (this.begunLength++ << 3);
      this.at++;
    }
    this.start = start;
    const length = this.begunLength;
    this.begunLength = 0;
    return this.found(this.begun, length);
  }

  private found(character: u32, length: i32): bool {
    this.character = character;
    this.end = this.start + length;
    return true;
  }
}
