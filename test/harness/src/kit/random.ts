/** Seeded randomness (mulberry32): the same seed gives the same run. */
export class Random {
  constructor(private state: number) {}

  /** Unsigned 32 bits. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Integer below `limit`. */
  below(limit: number): number {
    return this.next() % limit;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.next() & 0xff;
    return out;
  }

  uuid(): string {
    const hex = Buffer.from(this.bytes(16)).toString("hex");
    const v4 = `${hex.slice(0, 12)}4${hex.slice(13, 16)}a${hex.slice(17)}`;
    return v4.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }
}
