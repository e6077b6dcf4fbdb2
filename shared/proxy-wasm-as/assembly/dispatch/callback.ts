// What every callback has of its own; apart from `cycle.ts` so that host wrappers can ask without
// depending on the dispatcher.

/** Callbacks that may run inside of each other; Higress nests two when a plugin injects bytes. */
const DEEPEST: i32 = 16;

let newest: u32 = 0;
let serial: u32 = 0;
let context: u32 = 0;
let requestReadable: bool = false;
/** The stream whose own request or response callback runs; 0 for none. */
let deciding: u32 = 0;

let depth: i32 = 0;
// What the interrupted callbacks had: four numbers each.
const outer: StaticArray<u32> = new StaticArray<u32>(DEEPEST * 4);

/**
 * @param id the context the host calls, which host calls act on until `act` says otherwise
 * @param canRead the request headers of the callback's stream are within reach
 */
export function enterCallback(id: u32, canRead: bool): void {
  const saved = depth * 4;
  outer[saved + 3] = deciding; // first, so that a callback too deep traps before anything is lost
  unchecked((outer[saved] = serial));
  unchecked((outer[saved + 1] = context));
  unchecked((outer[saved + 2] = u32(requestReadable)));
  depth++;
  serial = ++newest;
  context = id;
  requestReadable = canRead;
  deciding = 0;
}

/** A stream decides about itself from here on, or with 0 no longer. */
export function decide(id: u32): void {
  deciding = id;
}

/** The stream that the running callback asks about its own request or response; 0 for none. */
export function decidingStream(): u32 {
  return deciding;
}

/** Back to the callback that the host interrupted, if there is one. */
export function leaveCallback(): void {
  depth--;
  const saved = depth * 4;
  serial = unchecked(outer[saved]);
  context = unchecked(outer[saved + 1]);
  requestReadable = unchecked(outer[saved + 2]) != 0;
  deciding = unchecked(outer[saved + 3]);
}

/** A number that no other recent callback has: what was read for one is not valid for another. */
export function runningCallback(): u32 {
  return serial;
}

/** The context that host calls act on now. */
export function actingContext(): u32 {
  return context;
}

/** Host calls act on another context from here on; what was read for the last one is stale. */
export function act(id: u32, canRead: bool): void {
  serial = ++newest;
  context = id;
  requestReadable = canRead;
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
  serial = ++newest;
  requestReadable = false;
}
