import { keyBeside } from "@ai-gateway-wasm/store/assembly/hash-tag";
import { beginArena } from "proxy-wasm-as/assembly/memory/arena";
import { answer, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";
export { proxy_on_memory_allocate } from "proxy-wasm-as/assembly/abi/memory";

/** The beginning of a key that is in one slot with another one. */
export function beside(): void {
  beginArena();
  answer(keyBeside(argument(0)).view());
}
