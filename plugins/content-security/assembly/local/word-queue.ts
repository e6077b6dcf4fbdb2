import { Slice } from "@ai-gateway-wasm/bytes";
import { WordScan } from "@ai-gateway-wasm/match/words";

/** The matches of a scan that are certain and were not used yet. */
@final
export class WordQueue {
  private starts: i32[] = [];
  private ends: i32[] = [];
  private payloads: i32[] = [];
  private head: i32 = 0;

  constructor(private readonly scan: WordScan) {}

  get isEmpty(): bool {
    return this.head == this.starts.length;
  }

  /** Of the first match. */
  get start(): i32 {
    return this.starts[this.head];
  }

  get end(): i32 {
    return this.ends[this.head];
  }

  get payload(): i32 {
    return this.payloads[this.head];
  }

  /** Bytes at the end of the text that may still belong to a match. */
  get live(): i32 {
    return this.scan.live;
  }

  feed(piece: Slice): void {
    this.scan.feed(piece);
    this.collect();
  }

  finish(): void {
    this.scan.finish();
    this.collect();
  }

  /** Lets go of the first match. */
  drop(): void {
    if (++this.head < this.starts.length) return;
    this.starts = [];
    this.ends = [];
    this.payloads = [];
    this.head = 0;
  }

  private collect(): void {
    const scan = this.scan;
    while (scan.next()) {
      this.starts.push(scan.start);
      this.ends.push(scan.end);
      this.payloads.push(scan.payload);
    }
  }
}
