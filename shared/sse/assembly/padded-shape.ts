import { Builder, bytes, sameBytes, Slice } from "@ai-gateway-wasm/bytes";
import { EventShape } from "./event-shape";

const PADDING: Slice = bytes('"obfuscation":"');

/**
 * A shape with a second text behind the one that counts, of which nobody wants to know. OpenAI pads its
 * events with it, to hide how long they are:
 *
 *   …{"content":"▁▁▁▁"}}],"obfuscation":"▁▁▁▁"}␊␊
 *                    ╰───── middle ─────╯    ╰─ tail ─╯
 */
@final
export class PaddedShape extends EventShape {
  /** Empty: no padding. */
  private readonly middle: Builder = new Builder(0);

  protected override learnPadding(event: Slice, after: i32): i32 {
    this.middle.clear();
    const padding = event.find(PADDING, after);
    if (padding < 0) return after;
    const begin = padding + PADDING.length;
    const end = event.ptr + <usize>event.length;
    const quote = this.findQuote(event.ptr + <usize>begin, end);
    if (quote == 0) return after;
    this.middle.append(event.sub(after, begin));
    return <i32>(quote - event.ptr);
  }

  protected override matchRest(at: usize, end: usize): usize {
    const middle = this.middle.length;
    if (middle == 0) return super.matchRest(at, end);
    if (at + <usize>middle > end || !sameBytes(at, this.middle.ptr, middle)) return 0;
    const isEscaped = this.isEscaped;
    const quote = this.findQuote(at + <usize>middle, end);
    this.isEscaped = isEscaped;
    return quote == 0 ? 0 : super.matchRest(quote, end);
  }
}
