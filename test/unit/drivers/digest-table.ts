import { Slice } from "@ai-gateway-wasm/bytes";
import { DigestTable } from "@ai-gateway-wasm/crypto";
import { answer, answerBuilder, answerText, argument } from "../json/driver/frame";

export { input, outputAt, outputLength } from "../json/driver/frame";

/* One table of texts; the digest is the first argument, the value the second. */

const table: DigestTable<Slice> = new DigestTable<Slice>();

export function add(): void {
  table.add(argument(0), argument(1).copy());
}

/** The value, or null. */
export function find(): void {
  answer(table.find(argument(0)));
}

export function has(): void {
  answerText(table.has(argument(0)) ? "true" : "false");
}

export function block(): void {
  table.block(argument(0));
}

export function valueAt(position: i32): void {
  answer(table.valueAt(position));
}

export function size(): void {
  answerBuilder().appendInteger(table.size);
}
