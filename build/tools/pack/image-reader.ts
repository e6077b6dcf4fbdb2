/** An object of static data of which all else follows from its content and its class. */
export interface ShortObject {
  /** Offset of its block. */
  at: number;
  /** Offset behind it and its padding. */
  end: number;
  class: number;
  /** UTF-8 of a constant, Latin-1 of a text. */
  content: Uint8Array;
}

const HEADER_SIZE = 20;
const SLICE_SIZE = 12;
const TEXT_CLASS = 2;

/** Finds the objects in static data; lay-out.ts of shared/unpack draws them. */
export class ImageReader {
  private readonly bytes: Buffer;

  /** @param start the address of the data, a multiple of 4 */
  constructor(
    data: Uint8Array,
    private readonly start: number,
  ) {
    this.bytes = Buffer.alloc(4 * Math.ceil(data.length / 4));
    this.bytes.set(data);
  }

  /** Constants of bytes (fixed-bytes.ts), which all have the first one as owner. */
  constants(): ShortObject[] {
    const found = this.find((at) => this.constantAt(at));
    const [first] = found;
    if (!first) return [];
    const owner = this.start + first.at + HEADER_SIZE;
    return found.filter(
      (object) => object.class === first.class && this.word(object.at + HEADER_SIZE + 8) === owner,
    );
  }

  /** Strings of AssemblyScript with no character beyond Latin-1. */
  texts(): ShortObject[] {
    return this.find((at) => this.textAt(at));
  }

  clear(at: number, end: number): void {
    this.bytes.fill(0, at, end);
  }

  words(): number[] {
    return Array.from({ length: this.bytes.length / 4 }, (_, index) => this.word(4 * index));
  }

  private find(objectAt: (at: number) => ShortObject | null): ShortObject[] {
    const found: ShortObject[] = [];
    for (let at = 0; at < this.bytes.length;) {
      const object = objectAt(at);
      if (object) found.push(object);
      at = object?.end ?? at + 4;
    }
    return found;
  }

  private constantAt(at: number): ShortObject | null {
    const from = at + HEADER_SIZE + SLICE_SIZE;
    const to = from + this.word(at + HEADER_SIZE + 4);
    const end = 4 * Math.ceil(to / 4);
    const isConstant =
      this.hasHeader(at, SLICE_SIZE) &&
      this.word(at + HEADER_SIZE) === this.start + from &&
      this.isZero(to, end);
    if (!isConstant) return null;
    const content = Uint8Array.from(this.bytes.subarray(from, to));
    return { at, end, class: this.word(at + 12), content };
  }

  private textAt(at: number): ShortObject | null {
    const from = at + HEADER_SIZE;
    const size = this.word(at + 16);
    const to = from + size;
    const end = at + blockOf(size);
    const isText =
      this.hasHeader(at, size) && this.word(at + 12) === TEXT_CLASS && this.isZero(to, end);
    if (!isText) return null;
    const text = this.bytes.toString("utf16le", from, to);
    const content = Buffer.from(text, "latin1");
    return content.toString("latin1") === text ? { at, end, class: TEXT_CLASS, content } : null;
  }

  private hasHeader(at: number, size: number): boolean {
    return (
      this.word(at) === blockOf(size) - 4 &&
      this.word(at + 4) === 0 &&
      this.word(at + 8) === 0 &&
      this.word(at + 16) === size
    );
  }

  private isZero(from: number, to: number): boolean {
    return to <= this.bytes.length && this.bytes.subarray(from, to).every((byte) => byte === 0);
  }

  /** 0 behind the end. */
  private word(at: number): number {
    return at + 4 <= this.bytes.length ? this.bytes.readUInt32LE(at) : 0;
  }
}

/** The room of an object, with the word before it. */
function blockOf(size: number): number {
  return 16 * Math.ceil((HEADER_SIZE + size) / 16);
}
