import { isCollectionDue } from "@ai-gateway-wasm/runtime";
import { ageLogLevel } from "../host/log";
import { beginArena } from "../memory/arena";
import { enterCallback, leaveCallback } from "./callback";

// Only here does the collector run: before a callback begins and after the configuration was read
// the stack holds no references (neither AssemblyScript's minimal runtime nor ours scans it).

// Higress's Go test emulator keeps views on memory we passed to it instead of copies (harness.md
// 7). As long as memory is small, nothing is freed for so many callbacks.
const CALLBACKS_AT_LEAST: i32 = 16;
const SMALL: i32 = 64; // pages, 4 MiB

let depth: i32 = 0;
/** Since the last collection. */
let callbacks: i32 = 0;

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

/** Last thing in every exported callback. */
export function endCallback(): void {
  leaveCallback();
  depth--;
  callbacks++;
}

/** Last thing in `proxy_on_configure`: what reading it left behind is gone before requests come. */
export function endConfiguration(): void {
  endCallback();
  if (memory.size() > SMALL) collect();
}

function collectIfDue(): void {
  if (!isCollectionDue()) return;
  if (callbacks >= CALLBACKS_AT_LEAST || memory.size() > SMALL) collect();
}

function collect(): void {
  __collect();
  callbacks = 0;
}
