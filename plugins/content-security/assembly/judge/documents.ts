import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Which pieces of a text are not the user's own words: what tools gave. In the order of the text. */
@final
export class Documents {
  private starts: i32[] = [];
  private ends: i32[] = [];

  /** Behind those that were added before. */
  add(start: i32, end: i32): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  /** Another piece takes the place of one: what of it was a document is not known any more. */
  replace(from: i32, to: i32, length: i32): void {
    const starts: i32[] = [];
    const ends: i32[] = [];
    for (let i = 0; i < this.starts.length; i++) {
      const isBehind = this.starts[i] >= to;
      if (!isBehind && this.ends[i] > from) continue;
      const shift = isBehind ? length - (to - from) : 0;
      starts.push(this.starts[i] + shift);
      ends.push(this.ends[i] + shift);
    }
    this.starts = starts;
    this.ends = ends;
  }

  /**
   * Takes a part of the text apart.
   *
   * @param documents gets those of the part, views
   * @returns the user's own words
   */
  split(text: Slice, from: i32, to: i32, documents: Slice[]): Slice {
    const words = new Builder(to - from);
    let at = from;
    for (let i = 0; i < this.starts.length; i++) {
      const start = max(from, this.starts[i]);
      const end = min(to, this.ends[i]);
      if (start >= end) continue;
      words.append(text.sub(at, start));
      documents.push(text.sub(start, end));
      at = end;
    }
    return documents.length > 0 ? words.append(text.sub(at, to)).toSlice() : text.sub(from, to);
  }
}
