import { Slice } from "@ai-gateway-wasm/bytes";

/** Says where a search begins to look closely. */
export abstract class Start {
  /** A position from `from` on before which no match begins, or NOWHERE. @param text valid UTF-8 */
  abstract seek(text: Slice, from: i32): i32;
}

/** Everywhere: without the code of an automaton, for texts of a few hundred bytes. */
@final
export class AnyStart extends Start {
  override seek(_text: Slice, from: i32): i32 {
    return from;
  }
}
