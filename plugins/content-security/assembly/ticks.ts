/** Milliseconds between looks at the streams whose windows are not full. */
export const TICK_MS: i32 = 100;
/** Nobody waits longer for words. */
export const MAX_FLUSH_MS: i64 = 10_000;
