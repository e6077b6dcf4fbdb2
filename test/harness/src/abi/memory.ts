import { fromBytes } from "./text.js";

/**
 * View on a guest's memory. `memory.grow` detaches the buffer, and the allocator may grow it
 * inside any host call, so every access re-checks the buffer's identity.
 */
export class GuestMemory {
  private view = new DataView(new ArrayBuffer(0));
  private bytes = new Uint8Array(0);

  constructor(readonly memory: WebAssembly.Memory) {
    this.refresh();
  }

  private refresh(): void {
    const buffer = this.memory.buffer;
    if (buffer === this.bytes.buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  get size(): number {
    return this.memory.buffer.byteLength;
  }

  /** True if the range lies inside memory. Arguments may be signed, as V8 passes them. */
  holds(pointer: number, length: number): boolean {
    return (pointer >>> 0) + (length >>> 0) <= this.memory.buffer.byteLength;
  }

  /** Copy of a range the caller has checked. */
  read(pointer: number, length: number): Uint8Array {
    this.refresh();
    return this.bytes.slice(pointer >>> 0, (pointer >>> 0) + (length >>> 0));
  }

  /** Range as binary text. */
  text(pointer: number, length: number): string {
    this.refresh();
    return fromBytes(this.bytes.subarray(pointer >>> 0, (pointer >>> 0) + (length >>> 0)));
  }

  write(pointer: number, data: Uint8Array): void {
    this.refresh();
    this.bytes.set(data, pointer >>> 0);
  }

  u32(pointer: number): number {
    this.refresh();
    return this.view.getUint32(pointer >>> 0, true);
  }

  setU32(pointer: number, value: number): void {
    this.refresh();
    this.view.setUint32(pointer >>> 0, value >>> 0, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.refresh();
    this.view.setBigUint64(pointer >>> 0, BigInt.asUintN(64, value), true);
  }
}
