import { sortBy } from "@ai-gateway-wasm/bytes";
import { answerBuilder, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

class Item {
  constructor(
    readonly key: i32,
    /** Where it stood. */
    readonly place: i32,
  ) {}
}

/** Argument: keys, 32 bits little endian each. Answers where each item stood, in the order of the keys. */
export function order(): void {
  const keys = argument(0);
  const items: Item[] = [];
  for (let i = 0; i < keys.length >> 2; i++) {
    items.push(new Item(load<i32>(keys.ptr + <usize>(i << 2)), i));
  }
  sortBy(items, (item) => item.key);
  for (let i = 0; i < items.length; i++) {
    answerBuilder().appendInteger(items[i].place).appendByte(0x20);
  }
}
