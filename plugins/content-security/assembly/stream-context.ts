import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { lastRunes } from "./runes";

/** The end of what was judged of a stream: the next window begins with it once more. */
@final
export class StreamContext {
  /** Memory of its own. */
  text: Slice = NO_BYTES;

  /** @param chars most characters; 0: none */
  constructor(private readonly chars: i32) {}

  /** A window is judged. */
  remember(window: Slice): void {
    if (this.chars == 0) return;
    const all = new Builder(this.text.length + window.length).append(this.text).append(window);
    this.text = lastRunes(all.view(), this.chars).copy();
  }
}
