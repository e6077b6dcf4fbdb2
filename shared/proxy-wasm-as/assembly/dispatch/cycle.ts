import { forgetLogLevel } from "../host/log";
import { beginArena } from "../memory/arena";

// Only here does the collector run: after a callback returned, the stack holds no references
// (AssemblyScript's minimal runtime does not scan it). It runs when memory has grown since the
// last time, and at the latest after this many callbacks; its cost grows with what is alive, so
// every callback would be wrong for a plugin with a large configuration.
const CALLBACKS_PER_COLLECTION: i32 = 4096;

let callbacks: i32 = 0;
let requestReadable: bool = false;
let pagesAfterCollection: i32 = 0;

/**
 * First thing in every exported callback.
 *
 * @param canRead the request headers of the callback's stream are within reach
 */
export function beginCallback(canRead: bool = false): void {
  requestReadable = canRead;
  beginArena();
  forgetLogLevel();
}

/**
 * True while the request headers can be read: in their own callback, as long as they are held, and
 * when the stream is over. Elsewhere hosts answer BadArgument (harness.md 5.2).
 */
export function canReadRequestHeaders(): bool {
  return requestReadable;
}

/** The running callback released the request. */
export function releaseRequestHeaders(): void {
  requestReadable = false;
}

/** Last thing in every exported callback. */
export function endCallback(): void {
  if (++callbacks >= CALLBACKS_PER_COLLECTION || memory.size() > pagesAfterCollection) {
    __collect();
    callbacks = 0;
    pagesAfterCollection = memory.size();
  }
}
