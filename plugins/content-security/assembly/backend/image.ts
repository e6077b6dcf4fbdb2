import { Builder, bytes, Slice, startsWithIgnoreCase } from "@ai-gateway-wasm/bytes";
import { Question } from "../judge/backend";

const DATA: Slice = bytes("data:");
const COMMA: u8 = 0x2c;

/** How base64 of the first bytes of a kind of image begins. */
const STARTS: Slice[] = [bytes("/9j/"), bytes("R0lGOD"), bytes("UklGR")];
const TYPES: string[] = ["jpeg", "gif", "webp"];

/** The URL of an image; of base64 a data URL, its head guessed from the first bytes when it is missing. */
export function urlOf(image: Question): Slice {
  const base64 = image.text;
  if (!image.isBase64 || startsWithIgnoreCase(base64, DATA)) return base64;
  let type = "png";
  for (let i = 0; i < STARTS.length; i++) {
    if (base64.startsWith(STARTS[i])) type = TYPES[i];
  }
  const out = new Builder(base64.length + 32).appendText("data:image/").appendText(type);
  return out.appendText(";base64,").append(base64).view();
}

/** Base64 without the head of a data URL. */
export function withoutHead(base64: Slice): Slice {
  if (!startsWithIgnoreCase(base64, DATA)) return base64;
  return base64.sub(base64.indexOf(COMMA) + 1);
}
