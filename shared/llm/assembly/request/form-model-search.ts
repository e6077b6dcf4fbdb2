import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { findDelimiter, formDelimiter, PartHead } from "@ai-gateway-wasm/kit";
import { ModelField, readFormModelAt } from "./model-field";
import { LONGEST_TOKEN, ModelSearch, Progress } from "./model-search";

/** What comes next; the caret is under it. */
const enum State {
  /*  --b CRLF
      ^        */
  Opening,
  /*  --b CRLF content-disposition: … CRLF CRLF
          ^                                     */
  Head,
  /*  CRLF CRLF content CRLF --b
           ^                     */
  Content,
}

const CRLF: Slice = bytes("\r\n");
const BLANK_LINE: Slice = bytes("\r\n\r\n");
const DASHES: Slice = bytes("--");

/** Finds the model in a multipart form, as strictly as `findFormField`; files are not kept. */
@final
export class FormModelSearch extends ModelSearch {
  private state: State = State.Opening;
  /** CRLF, two dashes, the boundary; null: the type has none, or more than one. */
  private readonly delimiter: Slice | null;
  /** The part is the model. */
  private isNamed: bool = false;

  constructor(
    contentType: Slice,
    private readonly name: Slice,
  ) {
    super();
    this.delimiter = formDelimiter(contentType);
  }

  override feed(piece: Slice): Progress {
    const delimiter = this.delimiter;
    if (delimiter === null) return Progress.Lost;
    let rest = piece;
    while (true) {
      const progress = this.read(rest, delimiter);
      if (progress != Progress.Searching) return progress;
      if (this.passed == 0) return progress;
      this.offset += this.passed;
      rest = rest.sub(this.passed);
    }
  }

  override field(body: Slice): ModelField {
    return readFormModelAt(body, this.start);
  }

  /** Bytes that the last step has done with; 0: it waits for more. */
  private passed: i32 = 0;

  private read(rest: Slice, delimiter: Slice): Progress {
    this.passed = 0;
    switch (this.state) {
      case State.Opening:
        return this.open(rest, delimiter.sub(CRLF.length));
      case State.Head:
        return this.readHead(rest, delimiter);
      default:
        return this.isNamed ? this.readModel(rest, delimiter) : this.skipFile(rest, delimiter);
    }
  }

  private open(rest: Slice, opening: Slice): Progress {
    if (rest.length < opening.length) return Progress.Searching;
    return rest.startsWith(opening) ? this.pass(opening.length, State.Head) : Progress.Lost;
  }

  /** Goes to the second line break before the content: a delimiter that begins there is an error. */
  private readHead(rest: Slice, delimiter: Slice): Progress {
    if (rest.length < CRLF.length) return Progress.Searching;
    if (!rest.startsWith(CRLF)) return Progress.Lost;
    const end = rest.find(BLANK_LINE);
    if ((end < 0 ? rest.length - BLANK_LINE.length : end) > LONGEST_TOKEN) return Progress.Lost;
    if (end < 0) return Progress.Searching;
    if (rest.sub(0, end + CRLF.length).find(delimiter) >= 0) return Progress.Lost;
    const head = new PartHead();
    if (!head.readAll(rest, end, this.name)) return Progress.Lost;
    this.isNamed = head.isNamed;
    if (head.isNamed && head.isDoubtful) return Progress.Lost;
    this.start = this.offset + end + BLANK_LINE.length;
    return this.pass(end + CRLF.length, State.Content);
  }

  private skipFile(rest: Slice, delimiter: Slice): Progress {
    const end = findDelimiter(rest, delimiter);
    if (end < -1 || (end >= 0 && this.offset + end < this.start)) return Progress.Lost;
    if (end >= 0) return this.pass(end + delimiter.length, State.Head);
    // The delimiter may have begun in the last bytes.
    return this.pass(max(0, rest.length - delimiter.length + 1), State.Content);
  }

  private readModel(rest: Slice, delimiter: Slice): Progress {
    const end = findDelimiter(rest, delimiter);
    if (end < -1) return Progress.Lost;
    if ((end < 0 ? rest.length - delimiter.length : end) > LONGEST_TOKEN) return Progress.Lost;
    const behind = end + delimiter.length;
    if (end < 0 || rest.length < behind + 2) return Progress.Searching;
    const next = rest.sub(behind);
    this.end = this.offset + end;
    const isWhole = next.startsWith(CRLF) || next.startsWith(DASHES);
    return isWhole && this.end >= this.start ? Progress.Found : Progress.Lost;
  }

  private pass(count: i32, next: State): Progress {
    this.passed = count;
    this.state = next;
    return Progress.Searching;
  }
}
