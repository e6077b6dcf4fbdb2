import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_call_foreign_function } from "../abi/imports";
import { clearOut, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";

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
  if (isDefined(HIGRESS)) {
    if (!isStarted) return null;
  }
  clearOut();
  const status = proxy_call_foreign_function(
    name.ptr,
    name.length,
    argument.ptr,
    argument.length,
    OUT_PTR,
    OUT_SIZE,
  );
  return status == Status.Ok ? takeBytes() : null;
}
