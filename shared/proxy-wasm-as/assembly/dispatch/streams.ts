import { HttpContext } from "../context/http";
import { Status } from "../abi/enums";
import { proxy_set_effective_context } from "../abi/imports";
import { IdTable } from "./id-table";
import { findRoot } from "./roots";

// Which root a new stream belongs to is told by proxy_on_context_create, the stream object is made
// when its request headers arrive. Hosts create a context right before its first callback, so a
// short ring is enough; entries of streams that never began (requests rejected before the
// filters) are simply overwritten.
const RING: i32 = 64;
const createdIds: StaticArray<u32> = new StaticArray<u32>(RING);
const createdRoots: StaticArray<u32> = new StaticArray<u32>(RING);
let newest: i32 = 0;

const SMALLEST_SWEEP: i32 = 128;
let sweepAt: i32 = SMALLEST_SWEEP;

const streams: IdTable<HttpContext> = new IdTable<HttpContext>();

/** Remembers the root of a stream context that the host just made. */
export function noteStream(id: u32, root: u32): void {
  newest = (newest + 1) & (RING - 1);
  createdIds[newest] = id;
  createdRoots[newest] = root;
}

/** Makes the stream object of `id`; null when its root is unknown or wants to stay out of it. */
export function openStream(id: u32): HttpContext | null {
  for (let i = 0; i < RING; i++) {
    const slot = (newest - i) & (RING - 1);
    if (createdIds[slot] != id) continue;
    const root = findRoot(createdRoots[slot]);
    return root === null ? null : root.createStream(id);
  }
  return null;
}

/**
 * Keeps a stream for its next callbacks. Streams that ended without telling, because the plugin
 * exports neither `proxy_on_log` nor `proxy_on_delete`, are forgotten when the table has doubled:
 * the host is asked once per stream, which is cheaper than being called for every one.
 */
export function keepStream(stream: HttpContext): void {
  streams.set(stream.id, stream);
  if (streams.size < sweepAt) return;
  streams.retain(isAlive);
  proxy_set_effective_context(stream.id);
  sweepAt = max(SMALLEST_SWEEP, streams.size << 1);
}

function isAlive(stream: HttpContext): bool {
  return stream.lingers || proxy_set_effective_context(stream.id) == Status.Ok;
}

/**
 * Makes host calls be about a stream whose answer arrived on the root; false when it is gone. One
 * that lingers gets its answer all the same.
 */
export function enterStream(stream: HttpContext): bool {
  return proxy_set_effective_context(stream.id) == Status.Ok || stream.lingers;
}

/** The stream of `id`, or null: never begun, finished, or inert. */
export function findStream(id: u32): HttpContext | null {
  return streams.find(id);
}

/** Forgets a stream. Unknown ids are fine. */
export function dropStream(id: u32): void {
  streams.take(id);
}
