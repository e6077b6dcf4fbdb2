import { ageLogLevel } from "../host/log";
import { beginArena } from "../memory/arena";
import { enterCallback, leaveCallback } from "./callback";

// Only here does the collector run: before a callback begins and after the configuration was read
// the stack holds no references (AssemblyScript's minimal runtime does not scan it). A collection
// costs in proportion to what is alive, a callback leaves a few hundred bytes of garbage behind, one
// for a part of a body, of which a stream has hundreds, far less: it counts as an eighth. So
// it runs after a number of callbacks that goes with the size of memory (every 192 of them at 3
// pages, every 16384 at 256 pages), and when memory has grown. Growth doubles memory, so a plugin
// that leaves much garbage would grow for ever: each time this happens the number gets smaller.
const WHOLE: i32 = 8;
/** What a callback for a part of a body counts. */
export const PART: i32 = 1;
const CALLBACKS_PER_PAGE: i32 = 64 * WHOLE;
// Higress's Go test emulator keeps views on memory we passed to it instead of copies (harness.md
// 7). As long as memory is small, nothing is freed for so many callbacks.
const CALLBACKS_AT_LEAST: i32 = 16 * WHOLE;
const SMALL: i32 = 64; // pages, 4 MiB

let depth: i32 = 0;
/** Callbacks since the last collection, in eighths like all numbers of them here. */
let callbacks: i32 = 0;
/** Callbacks until the next collection when memory does not grow. */
let interval: i32 = CALLBACKS_PER_PAGE;
/** What the interval may be, as experience tells. */
let longest: i32 = i32.MAX_VALUE;
let pagesAfterCollection: i32 = memory.size();

/**
 * First thing in every exported callback. References that only its caller has must not exist yet.
 * A callback may begin inside of another one: Higress passes injected bytes to the next filter at
 * once, which may live in the same VM.
 *
 * @param context the context the host calls
 * @param canRead the request headers of the callback's stream are within reach
 */
export function beginCallback(context: u32, canRead: bool = false): void {
  if (depth++ == 0) {
    collectIfDue();
    beginArena();
  }
  enterCallback(context, canRead);
  ageLogLevel();
}

/**
 * Last thing in every exported callback.
 *
 * @param weight how much garbage it may leave behind, next to others
 */
export function endCallback(weight: i32 = WHOLE): void {
  leaveCallback();
  depth--;
  callbacks += weight;
}

/**
 * Last thing in `proxy_on_configure`. How memory grew while a configuration was read says nothing
 * about requests.
 */
export function endConfiguration(): void {
  endCallback();
  if (memory.size() > SMALL) __collect();
  longest = i32.MAX_VALUE;
  restart();
}

function collectIfDue(): void {
  const pages = memory.size();
  const hasGrown = pages > pagesAfterCollection;
  if (callbacks < interval && !hasGrown) return;
  if (callbacks < CALLBACKS_AT_LEAST && pages <= SMALL) return;
  if (hasGrown && callbacks > WHOLE) longest = max(WHOLE, max(callbacks >> 1, interval >> 3));
  __collect();
  restart();
}

function restart(): void {
  callbacks = 0;
  pagesAfterCollection = memory.size();
  interval = min(longest, pagesAfterCollection * CALLBACKS_PER_PAGE);
}
