import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { responseBody, responseHeaders } from "proxy-wasm-as";
import { INTERRUPTED } from "./all-failed";
import { StreamOptions } from "./judge";
import { CONTENT_LENGTH } from "./names";

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
const BLANK_LINE: Slice = bytes("\n\n");
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

  /** For the running response, whose headers can be read; null: its end is not watched. */
  static of(isStream: bool, stream: StreamOptions): StreamEnd | null {
    // What announces its length cannot be given more.
    const isWatched = isStream && stream.marksEnd && responseHeaders.get(CONTENT_LENGTH) === null;
    return isWatched ? new StreamEnd() : null;
  }

  /**
   * Looks at the next bytes of the running response. A stream that ends without saying that it is
   * complete gets an event that says so.
   *
   * @param size how many, from the beginning of what is there
   */
  watch(size: i32, isLast: bool): void {
    const chunk = responseBody.peek(size);
    if (chunk !== null) this.feed(chunk);
    if (isLast && !this.isComplete) responseBody.append(this.addition);
  }

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

  /** What a stream gets that is not complete: an event of its own. */
  get addition(): Slice {
    return this.tail.view().endsWith(BLANK_LINE) ? INTERRUPTED.sub(BLANK_LINE.length) : INTERRUPTED;
  }
}
