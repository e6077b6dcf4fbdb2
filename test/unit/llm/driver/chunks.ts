import { Slice } from "@ai-gateway-wasm/bytes";

/*
 * A body in chunks, as a gateway hands it over: the bytes of a chunk are only there until the
 * callback returns. Each chunk gets memory of its own, which is overwritten when the next one is
 * asked for, so that whoever keeps a view of it reads nonsense.
 */

const MARK: u8 = 0x22;


@final
export class Chunks {
  private at: i32 = 0;
  private index: i32 = 0;
  private memory: StaticArray<u8> = new StaticArray<u8>(0);

  /** @param cuts positions in the body, ascending, each 32 bits little endian */
  constructor(
    private readonly body: Slice,
    private readonly cuts: Slice,
  ) {}

  /** The next chunk, or null at the end of the body. */
  next(): Slice | null {
    memory.fill(changetype<usize>(this.memory), MARK, this.memory.length);
    if (this.index > this.cuts.length >> 2) return null;
    const end =
      this.index == this.cuts.length >> 2
        ? this.body.length
        : load<i32>(this.cuts.ptr + ((<usize>this.index) << 2));
    this.index++;
    const part = this.body.sub(this.at, end);
    this.at = end;
    this.memory = new StaticArray<u8>(part.length);
    memory.copy(changetype<usize>(this.memory), part.ptr, part.length);
    return new Slice(changetype<usize>(this.memory), part.length); // no owner, as from the host
  }
}
