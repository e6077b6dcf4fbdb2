import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Parts of a text that others take the place of, in the order of the text. */
@final
export class Edits {
  private starts: i32[] = [];
  private ends: i32[] = [];
  private replacements: Slice[] = [];
  /** What of them judges do not see: they see what stands there. */
  private hidden: bool[] = [];
  /** The first one that a later event may reach. */
  private head: i32 = 0;

  /** @param start not before the end of the last one. @param isHidden judges do not see it */
  add(start: i32, end: i32, replacement: Slice, isHidden: bool = false): void {
    this.starts.push(start);
    this.ends.push(end);
    this.replacements.push(replacement);
    this.hidden.push(isHidden);
  }

  /**
   * A piece of the text as it is to be; null: it stays what it is. What takes the place of a part
   * stands where the part begins, the other pieces lose what they have of it. Pieces come in order.
   *
   * @param from position of the piece in the text
   */
  rewrite(piece: Slice, from: i32): Slice | null {
    this.forgetBefore(from);
    return this.edit(piece, from, true);
  }

  /** The same without what judges do not see. It may be asked for again, until `rewrite` is. */
  shown(piece: Slice, from: i32): Slice | null {
    return this.edit(piece, from, false);
  }

  /** The place is in the middle of a part that is replaced. */
  cuts(at: i32): bool {
    for (let i = this.head; i < this.starts.length && this.starts[i] < at; i++) {
      if (this.ends[i] > at) return true;
    }
    return false;
  }

  private edit(piece: Slice, from: i32, all: bool): Slice | null {
    const to = from + piece.length;
    let at = this.head;
    if (at == this.starts.length || this.starts[at] >= to) return null;
    const out = new Builder(piece.length + 32);
    let copied = from;
    for (; at < this.starts.length && this.starts[at] < to; at++) {
      if (this.ends[at] <= from || (!all && this.hidden[at])) continue;
      if (this.starts[at] >= from) {
        out.append(piece.sub(copied - from, this.starts[at] - from)).append(this.replacements[at]);
      }
      copied = this.ends[at];
    }
    return out.append(piece.sub(copied - from)).toSlice();
  }

  private forgetBefore(from: i32): void {
    while (this.head < this.ends.length && this.ends[this.head] <= from) this.head++;
    if (this.head == 0 || this.head < this.ends.length) return;
    this.starts = [];
    this.ends = [];
    this.replacements = [];
    this.hidden = [];
    this.head = 0;
  }
}
