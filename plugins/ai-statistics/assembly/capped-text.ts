import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { join } from "./cut";

/**
 * A text that grows piece by piece. Kept are as many bytes as may be logged: all of it up to the
 * limit, beyond that its two ends.
 *
 *   limit 8, "abcdefghij" ──►  head "abcdefgh"   rest "ij"   ──►  "abcd [truncated] ghij"
 */
@final
export class CappedText {
  private readonly head: Builder = new Builder(0);
  /** The end of what stands behind the head. */
  private readonly rest: Builder = new Builder(0);
  /** Whether the rest lost its beginning. */
  private isCut: bool = false;

  /** @param limit in bytes */
  constructor(private readonly limit: i32) {}

  /** Appends `length` bytes at `at`. */
  append(at: usize, length: i32): void {
    const room = min(length, this.limit - this.head.length);
    if (room > 0) this.head.appendRaw(at, room);
    if (length > room) this.appendRest(at + <usize>room, length - room);
  }

  get isEmpty(): bool {
    return this.head.length == 0 && this.rest.length == 0 && !this.isCut;
  }

  /** True when the middle is missing. */
  get isTruncated(): bool {
    return this.rest.length > 0 || this.isCut;
  }

  /** The text, cut when it is longer than the limit. */
  text(): Slice {
    const head = this.head.view();
    if (!this.isTruncated) return head;
    const half = this.limit >> 1;
    const rest = this.rest.view();
    if (rest.length >= half) return join(head.sub(0, half), rest.sub(rest.length - half));
    const tail = new Builder(half).append(head.sub(head.length - half + rest.length)).append(rest);
    return join(head.sub(0, half), tail.view());
  }

  private appendRest(at: usize, length: i32): void {
    const half = this.limit >> 1;
    const rest = this.rest;
    if (length >= half) {
      this.isCut = true;
      rest.clear();
      rest.appendRaw(at + <usize>(length - half), half);
      return;
    }
    // Moving is rare: every half of a limit.
    if (rest.length + length > this.limit) {
      this.isCut = true;
      rest.drop(rest.length - half);
    }
    rest.appendRaw(at, length);
  }
}
