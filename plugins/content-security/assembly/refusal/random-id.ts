import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { randomBytes } from "proxy-wasm-as";

const ALPHANUMERICS: Slice = bytes(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
);
const ID_LENGTH: i32 = 29;

/** An id such as `chatcmpl-…`: 29 letters and digits behind the prefix. */
export function randomId(prefix: string): Slice {
  const random = randomBytes(ID_LENGTH);
  const out = new Builder(ID_LENGTH + prefix.length).appendText(prefix);
  for (let i = 0; i < ID_LENGTH; i++) {
    const byte = random === null ? i : random.at(i);
    out.appendByte(<u8>ALPHANUMERICS.at(byte % ALPHANUMERICS.length));
  }
  return out.toSlice();
}
