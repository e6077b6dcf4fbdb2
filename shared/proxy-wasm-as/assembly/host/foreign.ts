import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_call_foreign_function } from "../abi/imports";
import { clearOut, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";

/** A number that does not end. */
const NO_MESSAGE: Slice = bytes("\u00ff");

let isStarted: bool = false;

/** The host has started the VM, as every gateway does. */
export function noteStart(): void {
  isStarted = true;
}

/**
 * Calls a function the host offers by name (harness.md 5.4).
 *
 * The Go emulator of Higress's unit tests starts no VM, and ends its process when it is asked for a
 * function that it does not have (harness.md 7): there, nothing is asked for.
 *
 * @returns its result in the callback arena; null when the host has no such function or it failed
 */
export function callForeign(name: Slice, argument: Slice = NO_BYTES): Slice | null {
  return call(name, argument) == Status.Ok ? takeBytes() : null;
}

/**
 * True when the host has such a function: what a host has tells how old it is. It is called with bytes that
 * are no message, so it must be one that reads a message.
 */
export function hasForeign(name: Slice): bool {
  return call(name, NO_MESSAGE) != Status.NotFound;
}

function call(name: Slice, argument: Slice): Status {
  if (isDefined(HIGRESS)) {
    if (!isStarted) return Status.NotFound;
  }
  clearOut();
  return proxy_call_foreign_function(
    name.ptr,
    name.length,
    argument.ptr,
    argument.length,
    OUT_PTR,
    OUT_SIZE,
  );
}
