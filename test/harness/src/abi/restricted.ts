/** Host calls legal while the start function runs (harness.md §3.7). */
const START = new Set(["proxy_log", "emscripten_notify_memory_growth"]);
const START_WASI_REFUSED = new Set([
  "fd_close",
  "fd_seek",
  "fd_read",
  "path_open",
  "proc_exit",
  "sched_yield",
]);
/** Host calls legal while the guest's allocator runs (harness.md §3.8). */
const ALLOCATOR = new Set(["proxy_log", "fd_write", "clock_time_get", "poll_oneoff"]);

export type Window = "open" | "start" | "allocator";

/** May `name` of `module` be called now? */
export function isAllowed(window: Window, module: string, name: string): boolean {
  if (window === "open") return true;
  if (window === "allocator") return ALLOCATOR.has(name);
  return module === "env" ? START.has(name) : !START_WASI_REFUSED.has(name);
}

/** Thrown through the guest's frames to stop it, as the host does. */
export class RestrictedCallback extends Error {
  constructor(readonly call: string) {
    super("restricted_callback");
    this.name = "Error";
  }
}
