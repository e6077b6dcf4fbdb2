// What every callback has of its own; apart from `cycle.ts` so that host wrappers can ask without
// depending on the dispatcher.

let serial: u32 = 0;
let requestReadable: bool = false;

/** @param canRead the request headers of the callback's stream are within reach */
export function enterCallback(canRead: bool): void {
  serial++;
  requestReadable = canRead;
}

/** A number that no other recent callback has: what was read for one is not valid for another. */
export function runningCallback(): u32 {
  return serial;
}

/**
 * True while the request headers can be read: in their own callback, as long as they are held, and
 * when the stream is over. Elsewhere hosts answer BadArgument (harness.md 5.2).
 */
export function canReadRequestHeaders(): bool {
  return requestReadable;
}

/** The running callback released the request; what was read from its headers is stale. */
export function releaseRequestHeaders(): void {
  serial++;
  requestReadable = false;
}
