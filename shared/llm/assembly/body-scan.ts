import { integerOf, PieceSkip, readJson, skipNumber } from "@ai-gateway-wasm/as-json";
import { textOf, unescape } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_CURLY: u8 = 0x7b;
const OPEN_SQUARE: u8 = 0x5b;
const SPACE: u8 = 0x20;
const BACKSLASH: u8 = 0x5c;

const MODEL: Slice = bytes("model");
const MESSAGES: Slice = bytes("messages");
const CONTENTS: Slice = bytes("contents");
const ERROR: Slice = bytes("error");
const ROLE: Slice = bytes("role");
const USER: Slice = bytes("user");
const QUOTED_USER: Slice = bytes('"user"');
const USAGE: Slice = bytes("usage");
const GENERATED_IMAGES: Slice = bytes("generated_images");
const EMPTY_TEXT: Slice = bytes('""');

/** Bytes of `user` in quotes, each letter as an escape. */
const MAX_USER: i32 = 26;

/** Bytes of a model's name that are read; what is longer is none that anybody offers. */
export const MAX_MODEL: i32 = 256;

/** Bytes of a key with escapes that may be one of the above, with six for a letter. */
const MAX_KEY: i32 = 96;

/** Bytes read of a key or value: those of the longest model, each of them an escape. */
const MAX_HELD: i32 = 6 * MAX_MODEL + 2;

/** Where the next byte stands. */
const enum At {
  /** Before the first bracket. */
  Start,
  /** Between members, or before the first. */
  Key,
  KeyText,
  /** Behind a key, or between the elements of a list. */
  Value,
  /** In a value that is passed over, or a text that is wanted. */
  Inside,
  /** In a number or word. */
  Scalar,
  /** Behind the root, or it is none to look into. */
  Done,
}

const enum Place {
  Root,
  /** `messages` or `contents`. */
  List,
  /** One element of it. */
  Element,
  /** `usage`. */
  Usage,
}

/** What the present value is. */
const enum Target {
  None,
  Model,
  Messages,
  Contents,
  Error,
  Role,
  Usage,
  Images,
}

/**
 * Reads what the peer wants to know of every body, out of chunks cut anywhere and of any length:
 * the model and the number of rounds of a request, whether an answer is an error. Keeps a key or
 * value that a chunk cut off and nothing else.
 */
@final
export class BodyScan {
  /** Whether the root is an array: nothing is read of it. */
  isArray: bool = false;
  /** The root has a member `error` that says something: neither null nor an empty text. */
  hasError: bool = false;
  /** `usage.generated_images`, which `UsageScanner` does not know; -1: not there. */
  images: i64 = -1;

  private at: At = At.Start;
  private place: Place = Place.Root;
  private target: Target = Target.None;
  private readonly skip: PieceSkip = new PieceSkip();
  private held: Builder = new Builder(0);
  private isHeld: bool = false;
  private tokenAt: usize = 0;

  private modelText: Slice | null = null;
  private hasMessages: bool = false;
  private hasContents: bool = false;
  private hasErrorMember: bool = false;
  private listTarget: Target = Target.None;
  private hasRole: bool = false;
  private isUser: bool = false;
  private userMessages: i32 = 0;
  private userContents: i32 = 0;

  /** Whether the root has come to its end, or is an array. */
  get isOver(): bool {
    return this.at == At.Done;
  }

  /**
   * The text of `model`, JSON where it is no text, memory of its own; null: there is none. Of a long one
   * the beginning, wherever chunks are cut.
   */
  get model(): Slice | null {
    return this.modelText;
  }

  /** How often a user speaks. */
  get rounds(): i32 {
    return this.hasMessages ? this.userMessages : this.userContents;
  }

  /** Takes the next chunk. */
  feed(chunk: Slice): void {
    const end = chunk.ptr + <usize>chunk.length;
    let at = chunk.ptr;
    this.tokenAt = at;
    while (at < end) {
      switch (this.at) {
        case At.Start:
          at = this.findRoot(at, end);
          break;
        case At.Key:
          at = this.findKey(at, end);
          break;
        case At.KeyText:
          at = this.readKey(at, end);
          break;
        case At.Value:
          at = this.findValue(at, end);
          break;
        case At.Inside:
          at = this.passValue(at, end);
          break;
        case At.Scalar:
          at = this.passScalar(at, end);
          break;
        default:
          return;
      }
    }
    if (this.isHeld) this.hold(end);
  }

  private findRoot(at: usize, end: usize): usize {
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (byte != OPEN_CURLY && byte != OPEN_SQUARE) continue;
      this.isArray = byte == OPEN_SQUARE;
      this.at = this.isArray ? At.Done : At.Key;
      return at + 1;
    }
    return end;
  }

  private findKey(at: usize, end: usize): usize {
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (byte == QUOTE) {
        this.skip.enterString();
        this.beginToken(at + 1);
        this.at = At.KeyText;
        return at + 1;
      }
      if (isClosing(byte)) return this.leave(at);
    }
    return end;
  }

  private readKey(at: usize, end: usize): usize {
    const after = this.skip.skip(at, end);
    if (after == 0) return end;
    const key = this.takeToken(after - 1);
    const isSpelled = key.length <= MAX_KEY && key.indexOf(BACKSLASH) >= 0;
    this.target = this.targetOf(isSpelled ? unescape(key) : key);
    this.at = At.Value;
    return after;
  }

  private targetOf(key: Slice): Target {
    if (this.place == Place.Element) {
      return !this.hasRole && key.equals(ROLE) ? Target.Role : Target.None;
    }
    if (this.place == Place.Usage) {
      return key.equals(GENERATED_IMAGES) ? Target.Images : Target.None;
    }
    if (key.equals(USAGE)) return Target.Usage;
    if (key.equals(MODEL)) return this.modelText === null ? Target.Model : Target.None;
    if (key.equals(MESSAGES)) return this.hasMessages ? Target.None : Target.Messages;
    if (key.equals(CONTENTS)) return this.hasContents ? Target.None : Target.Contents;
    if (key.equals(ERROR)) return this.hasErrorMember ? Target.None : Target.Error;
    return Target.None;
  }

  private findValue(at: usize, end: usize): usize {
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (byte <= SPACE || byte == COLON) continue;
      if (isClosing(byte)) return this.leave(at);
      if (byte == COMMA) {
        if (this.place == Place.List) continue;
        this.at = At.Key; // a key without a value
        return at + 1;
      }
      return this.beginValue(at, byte);
    }
    return end;
  }

  private beginValue(at: usize, byte: u8): usize {
    const target = this.target;
    if (this.place == Place.List) {
      this.target = Target.None;
      if (byte == OPEN_CURLY) return this.enterElement(at);
    } else if (target == Target.Messages || target == Target.Contents) {
      if (byte == OPEN_SQUARE) return this.enterList(at, target);
      this.target = Target.None;
    } else if (target == Target.Usage && byte == OPEN_CURLY) {
      this.place = Place.Usage;
      this.at = At.Key;
      return at + 1;
    }
    if (this.target == Target.Error) this.noteError(byte);
    const isContainer = (byte | 0x20) == OPEN_CURLY;
    if (isWanted(this.target)) {
      // A model may be of any kind.
      if (isContainer && this.target != Target.Model) this.target = Target.None;
      else this.beginToken(at);
    }
    if (byte == QUOTE) this.skip.enterString();
    else if (isContainer) this.skip.enterContainer();
    this.at = byte == QUOTE || isContainer ? At.Inside : At.Scalar;
    return at + 1;
  }

  private enterList(at: usize, target: Target): usize {
    if (target == Target.Messages) this.hasMessages = true;
    else this.hasContents = true;
    this.listTarget = target;
    this.place = Place.List;
    this.at = At.Value;
    return at + 1;
  }

  private enterElement(at: usize): usize {
    this.place = Place.Element;
    this.hasRole = false;
    this.isUser = false;
    this.at = At.Key;
    return at + 1;
  }

  /** An object or the list ends. */
  private leave(at: usize): usize {
    if (this.place == Place.Root) {
      this.at = At.Done;
    } else if (this.place == Place.List || this.place == Place.Usage) {
      this.place = Place.Root;
      this.at = At.Key;
    } else {
      if (this.listTarget == Target.Messages) this.userMessages += i32(this.isUser);
      else this.userContents += i32(this.isUser || !this.hasRole);
      this.place = Place.List;
      this.at = At.Value;
    }
    return at + 1;
  }

  private passValue(at: usize, end: usize): usize {
    const after = this.skip.skip(at, end);
    if (after == 0) return end;
    this.noteValue(after);
    return after;
  }

  private passScalar(at: usize, end: usize): usize {
    const after = skipNumber(at, end);
    if (after != end) this.noteValue(after);
    return after;
  }

  private noteValue(end: usize): void {
    this.at = this.place == Place.List ? At.Value : At.Key;
    if (!this.isHeld) return;
    const token = this.takeToken(end);
    if (this.target == Target.Error) this.hasError = !token.equals(EMPTY_TEXT);
    else if (this.target == Target.Images) this.images = integerOf(readJson(token));
    else if (this.target == Target.Role) this.noteRole(token);
    else if (this.target == Target.Model) this.modelText = modelOf(token);
  }

  /** Every message has one: only escapes are worth memory. */
  private noteRole(token: Slice): void {
    this.hasRole = true;
    this.isUser =
      token.equals(QUOTED_USER) ||
      (token.length <= MAX_USER &&
        token.at(0) == QUOTE &&
        token.indexOf(BACKSLASH) > 0 &&
        textOf(readJson(token)).equals(USER));
  }

  /** Of a text its end tells whether it is empty. */
  private noteError(firstByte: u8): void {
    this.hasErrorMember = true;
    this.hasError = firstByte != 0x6e; // null
    if (firstByte == QUOTE) return;
    this.target = Target.None;
  }

  private beginToken(at: usize): void {
    this.tokenAt = at;
    this.isHeld = true;
    this.held.clear();
  }

  /** The token that ends at `end`, or its beginning. Valid until the next one. */
  private takeToken(end: usize): Slice {
    this.isHeld = false;
    if (this.held.length == 0) {
      return new Slice(this.tokenAt, min(<i32>(end - this.tokenAt), MAX_HELD));
    }
    this.hold(end);
    return this.held.view();
  }

  /** Keeps the token up to `end`, or its beginning. */
  private hold(end: usize): void {
    const length = min(<i32>(end - this.tokenAt), MAX_HELD - this.held.length);
    if (length > 0) this.held.appendRaw(this.tokenAt, length);
    this.tokenAt = end;
  }
}

/** The text of a model, or of its beginning, without a part of a character. */
function modelOf(token: Slice): Slice {
  const isText = token.at(0) == QUOTE;
  const isWhole = token.length < MAX_HELD;
  const text = isWhole ? textOf(readJson(token)) : isText ? unescape(token.sub(1)) : token;
  if (text.length <= MAX_MODEL) return text.copy();
  let end = MAX_MODEL;
  while (end > MAX_MODEL - 4 && (text.at(end) & 0xc0) == 0x80) end--;
  return text.sub(0, end).copy();
}

/** Whether the value itself is wanted. */
function isWanted(target: Target): bool {
  return (
    target == Target.Model ||
    target == Target.Role ||
    target == Target.Error ||
    target == Target.Images
  );
}

/** Both kinds of bracket count alike, as in as-json. */
function isClosing(byte: u8): bool {
  return (byte | 0x20) == 0x7d;
}
