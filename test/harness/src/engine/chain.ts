import type { ByteQueue } from "../abi/byte-queue.js";
import type { HeaderList } from "../abi/header-list.js";
import type { Direction } from "../types.js";
import type { Place } from "./environment.js";
import type { Iteration } from "./iteration.js";
import type { Reply } from "./local-reply.js";
import type { Stream } from "./stream.js";

/** A filter on one stream. Results are the ABI's action numbers. */
export interface StreamFilter {
  readonly name: string;
  /** A callback of its VM is running. */
  readonly isRunning: boolean;
  decodeHeaders(headers: HeaderList, end: boolean): number;
  decodeData(data: ByteQueue, end: boolean): number;
  decodeTrailers(trailers: HeaderList): number;
  encodeHeaders(headers: HeaderList, end: boolean): number;
  encodeData(data: ByteQueue, end: boolean): number;
  encodeTrailers(trailers: HeaderList): number;
  decodeMetadata?(metadata: HeaderList): void;
  encodeMetadata?(metadata: HeaderList): void;
  log(): void;
  destroy(): void;
}

/** What runs filters: the stream of a client, or one attempt at an upstream. */
export interface Chain {
  /** The client's stream: its route, flags and filter state are what every filter reads. */
  readonly stream: Stream;
  readonly decode: Iteration<StreamFilter>;
  readonly encode: Iteration<StreamFilter>;
  /** Who edited a body last, by direction; a length that is wrong without an edit is no plugin's. */
  readonly editors: Partial<Record<Direction, Place>>;
  readonly finished: boolean;
  path(direction: Direction): Iteration<StreamFilter>;
  /** The whole body has gone on: nothing of it waits for anybody. */
  bodyGone(direction: Direction): boolean;
  setLimit(direction: Direction, bytes: number): void;
  /** Resumes filter `filter` in one direction. */
  resume(filter: StreamFilter, direction: Direction): void;
  /** The VM behind `filter` is dead and its policy is closed. */
  fail(filter: StreamFilter): void;
  /** A filter answers instead of the upstream. */
  localReply(reply: Reply): void;
  /** A filter closes the stream. */
  reset(details: string): void;
  /** A filter changed the request's headers, or asked for a new route (`changedBy` null). */
  clearRoute(changedBy: Place | null): void;
  /** Higress: data pushed past `filter` on the response side. */
  inject(filter: StreamFilter, bytes: Uint8Array, end: boolean): void;
}

/** The filter that holds a chain, with the direction; null when none does. */
export function holderOf(chain: Chain): { filter: StreamFilter; where: string } | null {
  for (const direction of ["request", "response"] as const) {
    const path = chain.path(direction);
    const slot = path.slots[path.holder()];
    if (slot) return { filter: slot.filter, where: `${direction}, ${slot.state}` };
  }
  return null;
}
