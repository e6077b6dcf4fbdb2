import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { isWordByte } from "../regex/byte-classes";
import { isDigit } from "../regex/byte-classes";
import { isUpper, NO_FORM } from "./forms";

const OPENAI: Slice = bytes("sk-");
const AWS: Slice = bytes("AKIA");
const PEM: Slice = bytes("-----BEGIN ");
const PEM_END: Slice = bytes("PRIVATE KEY-----");
/** Of these letters and blanks stand before the last word. */
const PRIVATE_KEY: i32 = 11;
const MAX_PEM_KIND: i32 = 32;
const JWT: Slice = bytes("eyJ");

const DASH: i32 = 0x2d;
const DOT: i32 = 0x2e;
const LINE: i32 = 0x5f;
const BLANK: i32 = 0x20;

/**
 * Keys of APIs, private keys and JSON web tokens:
 *
 *   sk-[A-Za-z0-9_-]{16,}   AKIA[0-9A-Z]{16}   gh[pousr]_[A-Za-z0-9]{36,}
 *   -----BEGIN [A-Z ]{0,32}PRIVATE KEY-----   eyJ[\w-]+\.[\w-]+\.[\w-]+
 *
 * Linear: of a text `eyJeyJeyJ…` each token would have to be followed to the next dot, which is
 * known from the first one.
 */
@final
export class ApiKeys {
  /** Where tokens end whose first part ends at `partEnd` and may begin from `partStart` on. */
  private tokenEnd: i32 = NO_FORM;
  private partStart: i32 = 0;
  private partEnd: i32 = 0;

  constructor(private readonly text: Slice) {}

  /** Where the key ends that begins at a position; NO_FORM: none does. */
  endOf(start: i32): i32 {
    const kind = this.text.at(start + 1);
    switch (this.text.at(start)) {
      case 0x73: // s
        return kind == 0x6b && this.has(OPENAI, start) ? this.behind(start + 3, 16, true) : NO_FORM;
      case 0x67: // g
        return kind == 0x68 && this.isGithub(start) ? this.behind(start + 4, 36, false) : NO_FORM;
      case 0x41: // A
        return kind == 0x4b && this.isAws(start) ? start + 20 : NO_FORM;
      case 0x65: // e
        return kind == 0x79 && this.has(JWT, start) ? this.endOfToken(start) : NO_FORM;
      default:
        return kind == DASH && this.has(PEM, start) ? this.endOfPem(start) : NO_FORM;
    }
  }

  /** Makes no slice: of `-----…` each byte is asked about. */
  private has(word: Slice, at: i32): bool {
    const text = this.text;
    for (let i = 0; i < word.length; i++) if (text.at(at + i) != word.at(i)) return false;
    return true;
  }

  /** Behind letters and digits, `-` and `_`; NO_FORM: fewer than `least`. */
  private behind(from: i32, least: i32, takesLines: bool): i32 {
    const text = this.text;
    let at = from;
    while (isAlphanumeric(text.at(at)) || (takesLines && isLine(text.at(at)))) at++;
    return at - from >= least ? at : NO_FORM;
  }

  private endOfToken(start: i32): i32 {
    const part = start + JWT.length;
    if (start < this.partStart || part > this.partEnd) {
      this.partStart = start;
      this.partEnd = this.behindPart(part);
      this.tokenEnd = this.endOfParts(this.partEnd);
    }
    return part < this.partEnd ? this.tokenEnd : NO_FORM;
  }

  /** Behind the second and the third part. @param at behind the first one */
  private endOfParts(at: i32): i32 {
    if (this.text.at(at) != DOT) return NO_FORM;
    const second = this.behindPart(at + 1);
    if (second == at + 1 || this.text.at(second) != DOT) return NO_FORM;
    const third = this.behindPart(second + 1);
    return third > second + 1 ? third : NO_FORM;
  }

  private behindPart(from: i32): i32 {
    const text = this.text;
    let at = from;
    while (at < text.length && (isWordByte(text.at(at)) || text.at(at) == DASH)) at++;
    return at;
  }

  /** `gh[pousr]_` */
  private isGithub(start: i32): bool {
    const text = this.text;
    const kind = text.at(start + 2);
    const isKind = kind == 0x70 || kind == 0x6f || kind == 0x75 || kind == 0x73 || kind == 0x72;
    return isKind && text.at(start + 3) == LINE;
  }

  private isAws(start: i32): bool {
    if (!this.has(AWS, start)) return false;
    for (let at = start + AWS.length; at < start + 20; at++) {
      const byte = this.text.at(at);
      if (!isDigit(byte) && !isUpper(byte)) return false;
    }
    return true;
  }

  private endOfPem(start: i32): i32 {
    const text = this.text;
    const from = start + PEM.length;
    const most = from + MAX_PEM_KIND + PRIVATE_KEY;
    let at = from;
    while (at <= most && (text.at(at) == BLANK || isUpper(text.at(at)))) at++;
    const key = at - PRIVATE_KEY;
    const isKey = at <= most && key >= from && this.has(PEM_END, key);
    return isKey ? key + PEM_END.length : NO_FORM;
  }
}

function isAlphanumeric(byte: i32): bool {
  return isDigit(byte) || <u32>((byte | 0x20) - 0x61) < 26;
}

function isLine(byte: i32): bool {
  return byte == DASH || byte == LINE;
}
