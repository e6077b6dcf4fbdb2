import { Slice } from "@ai-gateway-wasm/bytes";

/** A name in lower case and its value. */
@final
export class Header {
  constructor(
    readonly name: Slice,
    readonly value: Slice,
  ) {}
}
