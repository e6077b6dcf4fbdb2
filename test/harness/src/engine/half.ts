import type { ByteQueue } from "../abi/byte-queue.js";
import type { HeaderList } from "../abi/header-list.js";

/** What of one direction the guest can reach right now. */
export class Half {
  headers: HeaderList | null = null;
  trailers: HeaderList | null = null;
  body: ByteQueue | null = null;
  /** The last body callback returned 1: the shared buffer stays reachable. */
  buffering = false;

  /** Nothing of it can be reached any more. */
  clear(): void {
    this.headers = null;
    this.trailers = null;
    this.body = null;
  }
}
