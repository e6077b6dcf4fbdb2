import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { responseBody, responseHeaders } from "proxy-wasm-as";
import { INTERRUPTED } from "./all-failed";
import { DONE, StreamOptions } from "./judge";
import { CONTENT_LENGTH } from "./names";

const QUOTE: Slice = bytes('"');
const NULL_TEXT: Slice = bytes('"null"');
const BLANK_LINE: Slice = bytes("\n\n");
/** Where marks are looked for: behind them comes one event with the usage at most. */
const TAIL: i32 = 4096;
/** Where the type of an event stands in its line. */
const HEAD: i32 = 128;

/** What the last events of a stream say: a key, and how its value begins. */
@final
class Mark {
  constructor(
    private readonly key: Slice,
    /** Any of them. */
    private readonly values: Slice[],
  ) {}

  /** Blanks may stand between the two, as Python writes it. */
  isIn(text: Slice): bool {
    for (let at = text.find(this.key); at >= 0; at = text.find(this.key, at + 1)) {
      let from = at + this.key.length;
      while (text.at(from) == 0x20) from++;
      const rest = text.sub(from);
      // DashScope's words for "not yet".
      if (rest.at(1) == 0x22 || rest.startsWith(NULL_TEXT)) continue;
      for (let i = 0; i < this.values.length; i++) {
        if (rest.startsWith(this.values[i])) return true;
      }
    }
    return false;
  }
}

const TYPE: Slice = bytes('"type":');
/** Of Anthropic's API, and of OpenAI's Responses: there the whole answer comes once more behind it. */
const LAST_TYPE: Mark = new Mark(TYPE, [
  bytes('"message_stop"'),
  bytes('"response.completed"'),
  bytes('"response.incomplete"'),
  bytes('"response.failed"'),
]);
const MARKS: Mark[] = [
  new Mark(bytes("\ndata:"), [DONE]),
  new Mark(bytes('"finish_reason":'), [QUOTE]),
  new Mark(bytes('"stop_reason":'), [QUOTE]),
  LAST_TYPE,
];

/** What events of chats say: only of those it is known how they end, not of images or speech. */
const CHAT: Mark[] = [
  new Mark(bytes('"choices":'), [bytes("[")]),
  new Mark(TYPE, [bytes('"message_'), bytes('"response.')]),
];

/**
 * Keeps the last bytes of a stream and tells at its end whether it is complete. Text in a JSON string
 * cannot look like a mark. Looking at the end only, not at every event, is what keeps a stream cheap.
 */
@final
export class StreamEnd {
  /** At least the last `TAIL` bytes so far, at most twice as many. */
  private readonly tail: Builder = new Builder(0);
  /** What went out of the tail is of a chat. */
  private isChat: bool = false;
  /** What went out of the tail says that this is the end. */
  private hasEnded: bool = false;

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
    if (chunk.length <= TAIL) return this.take(chunk); // as nearly all are
    for (let at = 0; at < chunk.length; at += TAIL) this.take(chunk.sub(at, at + TAIL));
  }

  /**
   * Takes the next piece, no longer than the tail. Of the line that is cut its beginning is looked at
   * before it goes:
   *
   *   …␊ data: {"type":"response.completed","response":{…   …}}␊␊
   *      └ HEAD ─────────────────────────┘          cut ┘
   */
  private take(piece: Slice): void {
    const tail = this.tail;
    if (tail.length + piece.length > TAIL * 2) {
      const text = tail.view();
      if (!this.isChat) this.isChat = anyIn(CHAT, text);
      const cut = text.length - TAIL;
      const start = text.sub(0, cut).lastIndexOf(0x0a) + 1;
      if (LAST_TYPE.isIn(text.sub(start, start + HEAD))) this.hasEnded = true;
      tail.drop(cut);
    }
    tail.append(piece);
  }

  /** The stream has ended as it should, or nobody knows how it should. */
  get isComplete(): bool {
    const text = this.tail.view();
    return this.hasEnded || anyIn(MARKS, text) || !(this.isChat || anyIn(CHAT, text));
  }

  /** What a stream gets that is not complete: an event of its own. */
  get addition(): Slice {
    return this.tail.view().endsWith(BLANK_LINE) ? INTERRUPTED.sub(BLANK_LINE.length) : INTERRUPTED;
  }
}

function anyIn(marks: Mark[], text: Slice): bool {
  for (let i = 0; i < marks.length; i++) {
    if (marks[i].isIn(text)) return true;
  }
  return false;
}
