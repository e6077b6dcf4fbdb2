import { ByteQueue } from "../abi/byte-queue.js";
import type { HeaderList } from "../abi/header-list.js";

/** Return values of a filter's callbacks, by the ABI's numbers (harness.md §4). */
export const HEADERS = { Continue: 0, Stop: 1, StopAllBuffer: 3, StopAllWatermark: 4 } as const;
export const DATA = { Continue: 0, StopBuffer: 1, StopWatermark: 2, StopNoBuffer: 3 } as const;

export type SlotState = "Continue" | "StopSingle" | "StopAllBuffer" | "StopAllWatermark";

interface Slot<F> {
  filter: F;
  state: SlotState;
  headersContinued: boolean;
  endStream: boolean;
  fromCurrent: boolean;
  /** Its headers callback has run. */
  begun: boolean;
  /** METADATA that waits for it. */
  metadata: HeaderList[];
}

/** One direction of a stream, as the iteration sees it. */
export interface Side<F> {
  headers(filter: F, headers: HeaderList, end: boolean): number;
  data(filter: F, data: ByteQueue, end: boolean): number;
  trailers(filter: F, trailers: HeaderList): number;
  metadata(filter: F, metadata: HeaderList): void;
  /** Past the last filter: the router or the client's codec. */
  lastHeaders(headers: HeaderList, end: boolean): void;
  lastData(data: ByteQueue, end: boolean): void;
  lastTrailers(trailers: HeaderList): void;
  lastMetadata(metadata: HeaderList): void;
  /** A local reply was sent by the filter that just ran. */
  aborted(): void;
  overLimit(): void;
  /** The stream is gone, or this direction has nothing left to do. */
  finished(): boolean;
  /** The buffer has drained: the sender may be read again. */
  drained(): void;
  readonly limit: number;
}

/**
 * Iteration of headers, data and trailers over a filter chain in one direction: the state machine
 * of Envoy's filter manager (harness.md §6.3). One buffer is shared by the whole chain.
 *
 *     headers ─► f0 ─► f1 ─► … ─► last      a Stop holds everything after that filter,
 *     data    ─► f0 ─► f1 ─► … ─► last      `resume(i)` goes on from filter i
 */
export class Iteration<F> {
  readonly slots: Slot<F>[];
  headers: HeaderList | null = null;
  trailers: HeaderList | null = null;
  buffer: ByteQueue | null = null;
  /** The sender has finished. */
  complete = false;
  /** A local reply stopped this direction. */
  aborted = false;
  /** Collected data is allowed above the limit; reading stops instead. */
  private streaming = false;
  /** Nothing more is to be read from the sender: too much is collected. */
  backedUp = false;

  constructor(
    filters: readonly F[],
    private side: Side<F>,
  ) {
    this.slots = filters.map((filter) => ({
      filter,
      state: "Continue",
      headersContinued: false,
      endStream: false,
      fromCurrent: false,
      begun: false,
      metadata: [],
    }));
  }

  /** Sender's headers. */
  start(headers: HeaderList, end: boolean): void {
    this.headers = headers;
    this.complete = end;
    this.runHeaders(0, headers, end);
  }

  /** Sender's chunk. */
  push(data: ByteQueue, end: boolean): void {
    this.complete = end;
    this.runData(0, data, end);
  }

  /** Sender's trailers. */
  finish(trailers: HeaderList): void {
    this.trailers = trailers;
    this.complete = true;
    this.runTrailers(0, trailers);
  }

  /** METADATA of HTTP/2: stops nothing, and waits for a filter that holds everything. */
  meta(metadata: HeaderList, from = 0): void {
    if (this.stopped()) return;
    for (let i = from; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (!slot.begun || slot.state === "StopAllBuffer" || slot.state === "StopAllWatermark") {
        return void slot.metadata.push(metadata);
      }
      this.side.metadata(slot.filter, metadata);
    }
    this.side.lastMetadata(metadata);
  }

  private releaseMetadata(i: number): void {
    for (const metadata of this.slots[i]!.metadata.splice(0)) this.meta(metadata, i);
  }

  private stopped(): boolean {
    return this.side.finished() || this.aborted;
  }

  private runHeaders(from: number, headers: HeaderList, end: boolean): void {
    for (let i = from; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      slot.endStream = end;
      const status = this.side.headers(slot.filter, headers, end);
      slot.begun = true;
      if (this.aborted) {
        if (slot.state === "Continue") slot.state = "StopSingle";
        return this.side.aborted();
      }
      if (this.side.finished()) return;
      if (status !== HEADERS.Continue) {
        slot.state =
          status === HEADERS.Stop
            ? "StopSingle"
            : status === HEADERS.StopAllBuffer
              ? "StopAllBuffer"
              : "StopAllWatermark";
        return;
      }
      slot.headersContinued = true;
      this.releaseMetadata(i);
    }
    this.side.lastHeaders(headers, end);
  }

  private runData(from: number, data: ByteQueue, end: boolean): void {
    if (this.stopped()) return;
    for (let i = from; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (slot.state === "StopAllBuffer" || slot.state === "StopAllWatermark") {
        return this.hold(data, slot.state === "StopAllWatermark");
      }
      if (slot.endStream) return;
      slot.endStream = end && this.trailers === null;
      const status = this.side.data(slot.filter, data, slot.endStream);
      if (this.aborted) return this.side.aborted();
      if (this.side.finished()) return;
      if (!this.afterData(i, status, data)) return;
    }
    this.side.lastData(data, end);
    if (data === this.buffer) this.mark();
  }

  private afterData(i: number, status: number, data: ByteQueue): boolean {
    const slot = this.slots[i]!;
    if (status === DATA.Continue) {
      if (slot.state !== "StopSingle") return true;
      this.hold(data, this.streaming);
      this.resume(i);
      return false;
    }
    slot.state = "StopSingle";
    if (status === DATA.StopBuffer || status === DATA.StopWatermark) {
      this.hold(data, status === DATA.StopWatermark);
    } else {
      // Dropped. A zero-byte end still needs a buffer so that resuming sends the end.
      if (data !== this.buffer) data.clear();
      if (this.complete && !this.trailers) this.buffer ??= new ByteQueue();
    }
    return false;
  }

  /** Moves a chunk to the shared buffer and looks at the limit. */
  hold(data: ByteQueue, streaming: boolean): void {
    this.streaming = streaming;
    if (data === this.buffer) return this.mark();
    const grows = data.size > 0;
    this.buffer ??= new ByteQueue();
    this.buffer.take(data);
    this.mark();
    if (grows && !streaming && this.buffer.size > this.side.limit) this.side.overLimit();
  }

  /**
   * Looks at the watermarks, after the buffer or the limit has changed: above the limit the sender
   * is not read, and again when half of it is left (harness.md §6.11).
   */
  mark(): void {
    const size = this.buffer?.size ?? 0;
    const { limit } = this.side;
    if (size > limit && this.streaming) this.backedUp = true;
    else if (this.backedUp && size <= limit / 2) {
      this.backedUp = false;
      this.side.drained();
    }
  }

  private runTrailers(from: number, trailers: HeaderList): void {
    if (this.stopped()) return;
    for (let i = from; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (slot.state === "StopAllBuffer" || slot.state === "StopAllWatermark") return;
      slot.endStream = true;
      const status = this.side.trailers(slot.filter, trailers);
      if (this.aborted) return this.side.aborted();
      if (this.side.finished()) return;
      if (status !== 0) {
        if (slot.state === "Continue") slot.state = "StopSingle";
        return;
      }
      if (slot.state !== "Continue") return this.resume(i);
    }
    this.side.lastTrailers(trailers);
  }

  /** `continueDecoding` / `continueEncoding` of filter `i`. */
  resume(i: number): void {
    const slot = this.slots[i]!;
    if (this.side.finished() || this.aborted) return;
    slot.fromCurrent = slot.state === "StopAllBuffer" || slot.state === "StopAllWatermark";
    slot.state = "Continue";
    if (!slot.headersContinued && this.headers) {
      slot.headersContinued = true;
      const alone = this.complete && !this.buffer && !this.trailers;
      this.runHeaders(i + 1, this.headers, alone);
    }
    this.releaseMetadata(i);
    const trailers = this.trailers;
    if (this.buffer && !this.side.finished()) {
      this.runData(slot.fromCurrent ? i : i + 1, this.buffer, this.complete && !trailers);
    }
    if (trailers) this.runTrailers(slot.fromCurrent ? i : i + 1, trailers);
    slot.fromCurrent = false;
  }

  /** Data made by filter `i`, given to the filters after it; releases its headers first. */
  inject(i: number, data: ByteQueue, end: boolean): void {
    const slot = this.slots[i];
    if (!slot || this.stopped()) return;
    if (!slot.headersContinued && this.headers) {
      slot.headersContinued = true;
      this.runHeaders(i + 1, this.headers, false);
    }
    this.runData(i + 1, data, end);
  }

  /** The filter holds back what comes to it. */
  isStoppedAt(filter: F): boolean {
    return this.slots.some((slot) => slot.filter === filter && slot.state !== "Continue");
  }

  /** Index of the first filter that holds something back, or -1. */
  holder(): number {
    return this.slots.findIndex((slot) => slot.state !== "Continue");
  }
}
