import type { HeaderList } from "../abi/header-list.js";

/**
 * Content-length of an answer over HTTP/2, where a peer that does not keep it breaks the protocol
 * (RFC 9113 8.1.1). Over HTTP/1.1 nothing is promised here: the length frames the body there.
 */
export class PromisedLength {
  /** Null: nothing was promised. */
  private promised: number | null = null;
  private received = 0;

  /** The headers of the answer. False: they cannot be true. */
  begin(method: string, headers: HeaderList, end: boolean): boolean {
    const text = headers.get("content-length");
    if (text === undefined) return true;
    const status = headers.get(":status");
    if (!/^\d+$/.test(text) || status === "204") return false;
    const bodiless = method === "HEAD" || status === "304";
    if (bodiless) return true;
    this.promised = Number(text);
    return !end || this.promised === 0;
  }

  /** More of the body. False: it is more than was promised, or the end comes too early. */
  keeps(length: number, end: boolean): boolean {
    this.received += length;
    if (this.promised === null) return true;
    return end ? this.received === this.promised : this.received <= this.promised;
  }
}
