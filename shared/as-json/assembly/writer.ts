import { Builder, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { Escape, appendEscaped } from "./escape";
import { appendJsonNumber } from "./number-text";

/**
 * Writes JSON without blanks, commas placed by itself:
 *
 *   new JsonWriter().openObject().key("quota").integer(5).closeObject().toSlice()
 *
 * It trusts its caller to close what was opened; whatever the data, it never traps.
 */
@final
export class JsonWriter {
  private needsComma: bool = false;

  constructor(
    private readonly style: Escape = Escape.Go,
    private readonly out: Builder = new Builder(128),
  ) {}

  openObject(): JsonWriter {
    return this.open(<u8>Char.OpenCurly);
  }

  closeObject(): JsonWriter {
    return this.close(<u8>Char.CloseCurly);
  }

  openArray(): JsonWriter {
    return this.open(<u8>Char.OpenSquare);
  }

  closeArray(): JsonWriter {
    return this.close(<u8>Char.CloseSquare);
  }

  /** The name of the next member, given as text: for names known when the plugin is written. */
  key(name: string): JsonWriter {
    return this.keyBytes(bytes(name));
  }

  /** The name of the next member, unescaped. */
  keyBytes(name: Slice): JsonWriter {
    this.text(name);
    this.out.appendByte(<u8>Char.Colon);
    this.needsComma = false;
    return this;
  }

  /** A string value, unescaped UTF-8. */
  text(value: Slice): JsonWriter {
    this.begin();
    this.out.appendByte(<u8>Char.Quote);
    appendEscaped(this.out, value, this.style);
    this.out.appendByte(<u8>Char.Quote);
    return this;
  }

  /** A string value given as text. */
  string(value: string): JsonWriter {
    return this.text(bytes(value));
  }

  integer(value: i64): JsonWriter {
    this.begin();
    this.out.appendInteger(value);
    return this;
  }

  /** A number as Go's encoding/json prints it; `null` for NaN and the infinities. */
  number(value: f64): JsonWriter {
    this.begin();
    appendJsonNumber(this.out, value);
    return this;
  }

  boolean(value: bool): JsonWriter {
    this.begin();
    this.out.appendText(value ? "true" : "false");
    return this;
  }

  nothing(): JsonWriter {
    this.begin();
    this.out.appendText("null");
    return this;
  }

  /** A value that is JSON already, copied byte for byte. */
  raw(json: Slice): JsonWriter {
    this.begin();
    this.out.append(json);
    return this;
  }

  /** What was written; memory of its own. */
  toSlice(): Slice {
    return this.out.toSlice();
  }

  private begin(): void {
    if (this.needsComma) this.out.appendByte(<u8>Char.Comma);
    this.needsComma = true;
  }

  private open(bracket: u8): JsonWriter {
    this.begin();
    this.out.appendByte(bracket);
    this.needsComma = false;
    return this;
  }

  private close(bracket: u8): JsonWriter {
    this.out.appendByte(bracket);
    this.needsComma = true;
    return this;
  }
}
