import { JsonWriter, appendDecimal, parseNumber } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { answer, answerBuilder, argument } from "./frame";

export { input, outputAt, outputLength } from "./frame";

/** The eight bytes of the number each line of the argument spells. */
export function parse(): void {
  const lines = argument(0);
  let start = 0;
  while (start < lines.length) {
    let end = lines.indexOf(0x0a, start);
    if (end < 0) end = lines.length;
    const bits = reinterpret<u64>(parseNumber(lines.sub(start, end)));
    for (let shift = 0; shift < 64; shift += 8) answerBuilder().appendByte(<u8>(bits >> shift));
    start = end + 1;
  }
}

function numberAt(all: Slice, index: i32): f64 {
  return load<f64>(all.ptr + <usize>(index << 3));
}

/** Numbers of eight bytes each, one line each, without exponent. */
export function format(): void {
  const all = argument(0);
  for (let i = 0; i < all.length >> 3; i++) {
    appendDecimal(answerBuilder(), numberAt(all, i));
    answerBuilder().appendByte(0x0a);
  }
}

/** The same numbers as a JSON array. */
export function formatJson(): void {
  const all = argument(0);
  const writer = new JsonWriter().openArray();
  for (let i = 0; i < all.length >> 3; i++) writer.number(numberAt(all, i));
  answer(writer.closeArray().toSlice());
}

/** A JSON document that uses every method of the writer. */
export function document(): void {
  const writer = new JsonWriter().openObject();
  writer.key("text").text(argument(0)).key("string").string('a"b');
  writer.keyBytes(argument(0)).integer(i64.MIN_VALUE).key("list").openArray();
  writer.boolean(true).boolean(false).nothing().raw(argument(1)).openObject().closeObject();
  writer.openArray().closeArray().integer(-1).closeArray().key("last").number(0.5);
  answer(writer.closeObject().toSlice());
}
