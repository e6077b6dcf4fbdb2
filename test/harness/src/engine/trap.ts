import { HarnessFault } from "../abi/fault.js";
import { RestrictedCallback } from "../abi/restricted.js";

/** What V8 says when the stack is full, whoever filled it: a guest's recursion may end in a host call. */
const STACK_OVERFLOW = "Maximum call stack size exceeded";
/** Node's code for a script that `runWithTimeout` stopped. */
const TIMED_OUT = "ERR_SCRIPT_EXECUTION_TIMEOUT";

/** An exception of wasm's own that the guest did not catch; not in every type library. */
const { Exception } = WebAssembly as unknown as { Exception?: new () => Error };

/**
 * The guest ended itself, or was ended as the gateway ends it. Everything else that comes out of a
 * guest call was thrown by JavaScript: the harness, or what a test put behind it.
 */
export function isTrap(error: unknown): boolean {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RestrictedCallback) return true;
  if (error instanceof RangeError) return error.message === STACK_OVERFLOW;
  if (Exception && error instanceof Exception) return true;
  return error instanceof Error && "code" in error && error.code === TIMED_OUT;
}

/** The same error, told as what it is: not the guest's. `where` is a host call or a callback. */
export function hostFault(where: string, error: unknown): HarnessFault {
  if (error instanceof HarnessFault) return error;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new HarnessFault(`${where} failed in the host, not in the guest: ${what}`, error);
}
