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
/** A mark may be cut in two: so many bytes of a chunk are looked at again with the next one. */
const OVERLAP: i32 = 31;

/** Notices whether a stream says that it is complete. Text in a JSON string cannot look like a mark. */
@final
export class StreamEnd {
  private tail: Builder = new Builder(0);
  isComplete: bool = false;

  /** Takes the next chunk, as long as `isComplete` is false. */
  feed(chunk: Slice): void {
    if (holdsMark(chunk)) {
      this.isComplete = true;
      return;
    }
    const seam = this.tail.append(chunk.sub(0, OVERLAP));
    if (holdsMark(seam.view())) this.isComplete = true;
    this.keepTail(chunk);
  }

  private keepTail(chunk: Slice): void {
    const source = chunk.length >= OVERLAP ? chunk : this.tail.toSlice();
    this.tail.clear();
    this.tail.append(source.sub(source.length - OVERLAP));
  }
}

function holdsMark(text: Slice): bool {
  for (let i = 0; i < MARKS.length; i++) {
    if (text.find(MARKS[i]) >= 0) return true;
  }
  return false;
}
