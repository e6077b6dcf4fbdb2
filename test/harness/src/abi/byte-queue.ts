/** Body bytes as a list of pieces: appending and moving are cheap, flattening happens on read. */
export class ByteQueue {
  private pieces: Uint8Array[] = [];
  size = 0;

  constructor(bytes?: Uint8Array) {
    if (bytes) this.push(bytes);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.size += bytes.length;
  }

  unshift(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pieces.unshift(bytes);
    this.size += bytes.length;
  }

  /** Moves everything of `other` to the end of this queue. */
  take(other: ByteQueue): void {
    for (const piece of other.pieces) this.push(piece);
    other.clear();
  }

  clear(): void {
    this.pieces = [];
    this.size = 0;
  }

  drop(count: number): void {
    if (count >= this.size) return this.clear();
    const rest = this.bytes().subarray(count);
    this.clear();
    this.push(rest);
  }

  /** All bytes as one array; not to be written to. */
  bytes(): Uint8Array {
    if (this.pieces.length === 0) return new Uint8Array(0);
    if (this.pieces.length > 1) {
      const out = new Uint8Array(this.size);
      let at = 0;
      for (const piece of this.pieces) {
        out.set(piece, at);
        at += piece.length;
      }
      this.pieces = [out];
    }
    return this.pieces[0]!;
  }
}
