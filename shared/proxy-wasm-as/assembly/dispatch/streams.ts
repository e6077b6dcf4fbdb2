import { HttpContext } from "../context/http";
import { RootContext } from "../context/root";
import { Status } from "../abi/enums";
import { proxy_set_effective_context } from "../abi/imports";
import { IdTable } from "./id-table";
import { findRoot } from "./roots";

const SMALLEST_SWEEP: i32 = 128;

/**
 * Whose a new stream is, from proxy_on_context_create to its request headers, when the stream object
 * is made. Hosts create a context right before its first callback, so it rarely holds more than one;
 * requests that are rejected before the filters stay in it until they are swept out.
 */
const announced: IdTable<RootContext> = new IdTable<RootContext>();
let announcedSweepAt: i32 = SMALLEST_SWEEP;

const streams: IdTable<HttpContext> = new IdTable<HttpContext>();
let sweepAt: i32 = SMALLEST_SWEEP;

/** Remembers the root of a stream context that the host just made. */
export function noteStream(id: u32, rootId: u32): void {
  const root = findRoot(rootId);
  if (root === null) return;
  announced.set(id, root);
  if (announced.size < announcedSweepAt) return;
  announced.retain(isAlive);
  announcedSweepAt = max(SMALLEST_SWEEP, announced.size << 1);
}

/** Makes the stream object of `id`; null when its root is unknown or wants to stay out of it. */
export function openStream(id: u32): HttpContext | null {
  const root = announced.take(id);
  return root === null ? null : root.createStream(id);
}

/** As `openStream`, for a stream at its end that had no callback, where the root follows those. */
export function openEnded(id: u32): HttpContext | null {
  const root = announced.take(id);
  return root !== null && root.followsAll() ? root.createStream(id) : null;
}

/**
 * Keeps a stream for its next callbacks. Streams that ended without telling, because the plugin
 * exports neither `proxy_on_log` nor `proxy_on_delete`, are forgotten when the table has doubled:
 * the host is asked once per stream, which is cheaper than being called for every one.
 */
export function keepStream(stream: HttpContext): void {
  streams.set(stream.id, stream);
  if (streams.size < sweepAt) return;
  streams.retain(isWanted);
  proxy_set_effective_context(stream.id);
  sweepAt = max(SMALLEST_SWEEP, streams.size << 1);
}

function isAlive(id: u32): bool {
  return proxy_set_effective_context(id) == Status.Ok;
}

function isWanted(id: u32): bool {
  const stream = streams.find(id);
  return (stream !== null && stream.lingers) || isAlive(id);
}

/** The stream of `id`, or null: never begun, finished, or inert. */
export function findStream(id: u32): HttpContext | null {
  return streams.find(id);
}

/** Forgets a stream. Unknown ids are fine. */
export function dropStream(id: u32): void {
  streams.take(id);
}

/** Forgets a stream that the host deleted, and may not even have begun. */
export function forgetStream(id: u32): void {
  const stream = streams.find(id);
  if (stream !== null && !stream.lingers) streams.take(id);
  announced.take(id);
}
