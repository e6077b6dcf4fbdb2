import { Script } from "node:vm";

const script = new Script("globalThis.__proxyWasmTestCall()");
const shelf = globalThis as { __proxyWasmTestCall?: () => unknown };

/**
 * Runs `fn` under V8's termination timer, the only thing that stops a loop in wasm on its own
 * thread. Costs a thread per call, which is why `callTimeoutMs` is off unless asked for.
 */
export function runWithTimeout<T>(fn: () => T, timeoutMs: number): T {
  let result: T | undefined;
  const outer = shelf.__proxyWasmTestCall;
  shelf.__proxyWasmTestCall = () => {
    result = fn();
  };
  try {
    script.runInThisContext({ timeout: timeoutMs });
  } finally {
    shelf.__proxyWasmTestCall = outer;
  }
  return result as T;
}
