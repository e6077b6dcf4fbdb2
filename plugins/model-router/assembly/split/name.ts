import { Slice } from "@ai-gateway-wasm/bytes";

/** What is said of a name that is none. */
export const NAME_RULE: string = "must be 1 to 64 characters of A-Z, a-z, 0-9, '.', '_' and '-'";

const LONGEST: i32 = 64;

/** True for what may name a rule or a variant: it stands in metrics and headers. */
export function isName(text: Slice): bool {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    const isLetter = <u32>((byte | 0x20) - 0x61) < 26;
    const isDigit = <u32>(byte - 0x30) < 10;
    if (!isLetter && !isDigit && byte != 0x2e && byte != 0x5f && byte != 0x2d) return false;
  }
  return !text.isEmpty && text.length <= LONGEST;
}
