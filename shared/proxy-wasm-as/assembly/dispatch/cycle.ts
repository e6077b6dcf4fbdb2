import { forgetLogLevel } from "../host/log";
import { beginArena } from "../memory/arena";

// Only here does the collector run: after a callback returned, the stack holds no references
// (AssemblyScript's minimal runtime does not scan it). A collection costs in proportion to what is
// alive, a callback leaves a few hundred bytes of garbage behind. So it runs when memory has grown
// since the last time, and else after a number of callbacks that goes with the size of memory:
// every 192 of them at 3 pages (192 KiB, ten consumers), every 16384 at 256 pages.
const CALLBACKS_PER_PAGE: i32 = 64;

/** Callbacks until the next collection. */
let callbacksLeft: i32 = 0;
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
  if (--callbacksLeft > 0 && memory.size() == pagesAfterCollection) return;
  __collect();
  pagesAfterCollection = memory.size();
  callbacksLeft = pagesAfterCollection * CALLBACKS_PER_PAGE;
}
