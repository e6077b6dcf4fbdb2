/** Epoch milliseconds at which a fake clock starts when a test says nothing. */
export const DEFAULT_START = Date.UTC(2026, 0, 1);
