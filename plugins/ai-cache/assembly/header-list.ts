import { Slice, trim } from "@ai-gateway-wasm/bytes";

const COMMA: u8 = 0x2c;

/** The elements of a header that is a list, without the blanks around them; they share its memory. */
export function elementsOf(list: Slice): Slice[] {
  const elements: Slice[] = [];
  for (let at = 0; at <= list.length;) {
    const comma = list.indexOf(COMMA, at);
    const end = comma < 0 ? list.length : comma;
    elements.push(trim(list.sub(at, end)));
    at = end + 1;
  }
  return elements;
}
