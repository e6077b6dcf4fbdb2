import { Slice } from "@ai-gateway-wasm/bytes";

/** An answer to be found by the vector of its question. Views that live for one callback will do. */
@final
export class Entry {
  constructor(
    /** A JSON array of numbers. */
    readonly vector: Slice,
    readonly question: Slice,
    readonly answer: Slice,
    /** 64 hexadecimal digits; no bytes: everybody may have it. */
    readonly partition: Slice,
    /** At least 16 bytes that are the same for the same question of the same partition. */
    readonly digest: Slice,
    /** Seconds since 1970. */
    readonly createdAt: i64,
  ) {}
}
