import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

/** What the last events of a stream say, of OpenAI's two APIs and of Anthropic's. */
const MARKS: Slice[] = [
  bytes("[DONE]"),
  bytes('"finish_reason":"'),
  bytes('"finish_reason": "'),
  bytes('"type":"response.completed"'),
  bytes('"type":"response.incomplete"'),
  bytes('"type":"response.failed"'),
  bytes('"type":"message_stop"'),
];
/** Where marks are looked for: behind them comes one event with the usage at most. */
const TAIL: i32 = 4096;

/**
 * Keeps the last bytes of a stream and tells at its end whether it is complete. Text in a JSON string
 * cannot look like a mark. Looking at the end only, not at every event, is what keeps a stream cheap.
 */
@final
export class StreamEnd {
  /** At least the last `TAIL` bytes so far, at most twice as many. */
  private tail: Builder = new Builder(0);

  /** Takes the next chunk. */
  feed(chunk: Slice): void {
    if (this.tail.length + chunk.length > TAIL * 2) {
      const kept = this.tail.toSlice();
      this.tail.clear();
      if (chunk.length < TAIL) this.tail.append(kept.sub(kept.length - (TAIL - chunk.length)));
    }
    this.tail.append(chunk.sub(chunk.length - TAIL));
  }

  /** The stream has ended as it should. */
  get isComplete(): bool {
    const text = this.tail.view();
    for (let i = 0; i < MARKS.length; i++) {
      if (text.find(MARKS[i]) >= 0) return true;
    }
    return false;
  }
}
