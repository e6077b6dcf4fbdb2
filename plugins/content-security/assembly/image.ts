import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";

const DATA_URL: Slice = bytes("data:image");

/** An image that is judged. */
@final
export class Image {
  constructor(
    /** Its URL, or base64 with or without the head of a data URL. A view until it is kept. */
    readonly text: Slice,
    readonly isBase64: bool,
  ) {}

  /** What a value of a body names: the URL of an image, or all of it as a data URL. */
  static at(value: JsonValue | null): Image {
    const text = textOf(value);
    return new Image(text, text.startsWith(DATA_URL));
  }

  /** The same in memory of its own: base64 may be large, so not every image that is found is kept. */
  kept(): Image {
    return new Image(this.text.kept(), this.isBase64);
  }
}
