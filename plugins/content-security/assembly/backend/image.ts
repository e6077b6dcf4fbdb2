import { Builder, bytes, Slice, startsWithIgnoreCase } from "@ai-gateway-wasm/bytes";

const DATA: Slice = bytes("data:");
const COMMA: u8 = 0x2c;

/** How base64 of the first bytes of a kind of image begins. */
const STARTS: Slice[] = [bytes("/9j/"), bytes("R0lGOD"), bytes("UklGR")];
const TYPES: string[] = ["jpeg", "gif", "webp"];

/** Base64 with the head of a data URL, guessed from its first bytes when it is missing. */
export function asDataUrl(base64: Slice): Slice {
  if (startsWithIgnoreCase(base64, DATA)) return base64;
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
