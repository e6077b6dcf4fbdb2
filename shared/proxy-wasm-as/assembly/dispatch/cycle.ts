import { forgetLogLevel } from "../host/log";
import { beginArena } from "../memory/arena";

// Only here does the collector run: after a callback returned, the stack holds no references
// (AssemblyScript's minimal runtime does not scan it). It runs when memory has grown since the
// last time, and at the latest after this many callbacks; its cost grows with what is alive, so
// every callback would be wrong for a plugin with a large configuration.
const CALLBACKS_PER_COLLECTION: i32 = 4096;

let callbacks: i32 = 0;
let pagesAfterCollection: i32 = 0;

/** First thing in every exported callback. */
export function beginCallback(): void {
  beginArena();
  forgetLogLevel();
}

/** Last thing in every exported callback. */
export function endCallback(): void {
  if (++callbacks >= CALLBACKS_PER_COLLECTION || memory.size() > pagesAfterCollection) {
    __collect();
    callbacks = 0;
    pagesAfterCollection = memory.size();
  }
}
