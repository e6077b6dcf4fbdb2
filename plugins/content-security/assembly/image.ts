import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice, startsWithIgnoreCase, trim } from "@ai-gateway-wasm/bytes";

const DATA_URL: Slice = bytes("data:image");
const DATA: Slice = bytes("data:");

/** An image that is judged. */
@final
export class Image {
  constructor(
    /** Its URL, or base64 with or without the head of a data URL. A view until it is kept. */
    readonly text: Slice,
    readonly isBase64: bool,
  ) {}

  /**
   * What a value of a body names: the URL of an image, or all of it as a data URL.
   *
   * @param isAny a data URL in any letters and of any media type, as models read them; the peer knows
   * one beginning
   */
  static at(value: JsonValue | null, isAny: bool = false): Image {
    const text = textOf(value);
    const trimmed = trim(text);
    if (isAny && startsWithIgnoreCase(trimmed, DATA)) return new Image(trimmed, true);
    return new Image(text, text.startsWith(DATA_URL));
  }

  /** The same in memory of its own: base64 may be large, so not every image that is found is kept. */
  kept(): Image {
    return new Image(this.text.kept(), this.isBase64);
  }
}
