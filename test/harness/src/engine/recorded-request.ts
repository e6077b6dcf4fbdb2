import { ByteQueue } from "../abi/byte-queue.js";
import { utf8 } from "../abi/text.js";
import type { HeaderPair, UpstreamRequest } from "../types.js";

/** Body bytes seen through content-length, as an HTTP/1.1 peer frames them. */
export interface Framed {
  bytes: Uint8Array;
  surplus: Uint8Array;
  missing: number;
}

export function frame(declared: string | undefined, all: Uint8Array): Framed {
  const length = declared !== undefined && /^\d+$/.test(declared) ? Number(declared) : all.length;
  return {
    bytes: all.subarray(0, length),
    surplus: all.subarray(length),
    missing: Math.max(0, length - all.length),
  };
}

/** What an upstream gets, as it comes. */
export class RecordedRequest implements UpstreamRequest {
  headers: HeaderPair[] = [];
  chunks: Uint8Array[] = [];
  trailers: HeaderPair[] = [];
  metadata: HeaderPair[][] = [];
  complete = false;
  reset = false;
  private queue = new ByteQueue();

  constructor(
    readonly cluster: string,
    readonly via: UpstreamRequest["via"],
    readonly at: number,
    readonly framing: "h1" | "h2",
  ) {}

  get(name: string): string | undefined {
    return this.headers.find((pair) => pair[0] === name.toLowerCase())?.[1];
  }
  get method(): string {
    return this.get(":method") ?? "";
  }
  get path(): string {
    return this.get(":path") ?? "";
  }
  get authority(): string {
    return this.get(":authority") ?? "";
  }
  add(chunk: Uint8Array): void {
    const copy = chunk.slice();
    this.chunks.push(copy);
    this.queue.push(copy);
  }
  private framed(): Framed {
    const all = this.queue.bytes();
    return frame(this.framing === "h1" ? this.get("content-length") : undefined, all);
  }
  get bytes(): Uint8Array {
    return this.framed().bytes;
  }
  get surplus(): Uint8Array {
    return this.framed().surplus;
  }
  get missing(): number {
    return this.framed().missing;
  }
  get body(): string {
    return utf8(this.bytes);
  }
}
