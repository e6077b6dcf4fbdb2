import { isBlank, isValidJson, PieceSkip, readJson, unescape } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { ModelField, readModelAt } from "./model-field";
import { ModelKey } from "./model-key";
import { LONGEST_TOKEN, ModelSearch, Progress } from "./model-search";

/** What comes next; the caret is under it. */
const enum State {
  /*  {"model":"m"}
      ^              */
  Root,
  /*  {"a":1, "model":"m"}
       ^     ^             */
  Key,
  /*  {"model":"m"}
              ^      */
  Colon,
  /*  {"model": "m"}   ["m"]
               ^        ^     */
  Value,
  /*  {"a":[1,2], "model":"m"}
            ^^^^               */
  Inside,
  /*  {"a":1, "model":"m"}
            ^              */
  Comma,
}

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_SQUARE: u8 = 0x5b;
const OPEN_CURLY: u8 = 0x7b;

/** Finds the model in a JSON body; other values are skipped at the speed of as-json's scanner. */
@final
export class JsonModelSearch extends ModelSearch {
  private state: State = State.Root;
  /** How many components of the path lead to the present container. */
  private depth: i32 = 0;
  private isArray: bool = false;
  /** Position of the next element of an array. */
  private index: i32 = 0;
  /** The next value is the one that the path leads to. */
  private isNamed: bool = false;
  /** The piece ends inside of a key or value. */
  private isCutOff: bool = false;
  private readonly skip: PieceSkip = new PieceSkip();
  // Addresses in the piece: its begin, the next byte, its end.
  private origin: usize = 0;
  private at: usize = 0;
  private limit: usize = 0;

  constructor(private readonly key: ModelKey) {
    super();
  }

  override feed(piece: Slice): Progress {
    this.origin = piece.ptr;
    this.at = piece.ptr;
    this.limit = piece.ptr + <usize>piece.length;
    this.isCutOff = false;
    let progress = Progress.Searching;
    while (progress == Progress.Searching && !this.isCutOff && this.hasMore()) {
      progress = this.read();
    }
    this.offset += <i32>(this.at - this.origin);
    return progress;
  }

  override field(body: Slice): ModelField {
    return readModelAt(body, this.start);
  }

  /** Moves to the next token; inside of a value blanks may be part of a string. */
  private hasMore(): bool {
    if (this.state != State.Inside) {
      while (this.at < this.limit && isBlank(load<u8>(this.at))) this.at++;
    }
    return this.at < this.limit;
  }

  private read(): Progress {
    const byte = load<u8>(this.at);
    switch (this.state) {
      case State.Root:
        return byte == OPEN_CURLY ? this.enter(byte) : Progress.Lost;
      case State.Key:
        return byte == QUOTE ? this.readKey() : Progress.Lost;
      case State.Colon:
        return this.pass(byte == COLON, State.Value);
      case State.Value:
        return this.readValue(byte);
      case State.Inside:
        return this.skipOn();
      default:
        if (this.isArray) this.nameElement(this.index + 1);
        return this.pass(byte == COMMA, this.isArray ? State.Value : State.Key);
    }
  }

  /** @param isRight the byte is the one that has to stand here */
  private pass(isRight: bool, next: State): Progress {
    if (!isRight) return Progress.Lost;
    this.at++;
    this.state = next;
    return Progress.Searching;
  }

  /** Enters a container on the path. */
  private enter(bracket: u8): Progress {
    this.isArray = bracket == OPEN_SQUARE;
    if (this.isArray) this.nameElement(0);
    return this.pass(true, this.isArray ? State.Value : State.Key);
  }

  private nameElement(index: i32): void {
    this.index = index;
    this.isNamed = this.key.path.steps[this.depth].index == index;
  }

  private readKey(): Progress {
    const token = this.token();
    if (token === null) return this.withoutToken();
    const name = unescape(token.sub(1, token.length - 1));
    this.isNamed = name.equals(this.key.path.steps[this.depth].key);
    return this.passToken(token, State.Colon);
  }

  private readValue(byte: u8): Progress {
    const isContainer = byte == OPEN_CURLY || byte == OPEN_SQUARE;
    if (this.isNamed) {
      if (this.depth + 1 == this.key.path.steps.length) return this.readModel(isContainer);
      if (isContainer) {
        this.depth++;
        return this.enter(byte);
      }
    }
    if (isContainer) this.skip.enterContainer();
    else if (byte == QUOTE) this.skip.enterString();
    else return this.readScalar();
    return this.pass(true, State.Inside);
  }

  private readScalar(): Progress {
    const token = this.token();
    return token === null ? this.withoutToken() : this.passToken(token, State.Comma);
  }

  /** An array or object is no model, whatever is in it. */
  private readModel(isContainer: bool): Progress {
    let length = 1;
    if (!isContainer) {
      const token = this.token();
      if (token === null) return this.withoutToken();
      if (!isValidJson(token, 1)) return Progress.Lost;
      length = token.length;
    }
    this.start = this.offset + <i32>(this.at - this.origin);
    this.end = this.start + length;
    return Progress.Found;
  }

  private skipOn(): Progress {
    const after = this.skip.skip(this.at, this.limit);
    this.at = after == 0 ? this.limit : after;
    if (after != 0) this.state = State.Comma;
    return Progress.Searching;
  }

  /** The string, number or word that begins here; null: the piece ends before it, or it is none. */
  private token(): Slice | null {
    const rest = new Slice(this.at, <i32>(this.limit - this.at));
    const value = readJson(rest);
    const isWhole = value !== null && value.isComplete;
    const token = isWhole ? value!.raw : rest;
    if (token.length > LONGEST_TOKEN) return null;
    this.isCutOff = !isWhole && (value !== null || load<u8>(this.at) == QUOTE);
    return isWhole ? token : null;
  }

  private withoutToken(): Progress {
    return this.isCutOff ? Progress.Searching : Progress.Lost;
  }

  private passToken(token: Slice, next: State): Progress {
    this.at += token.length;
    this.state = next;
    return Progress.Searching;
  }
}
