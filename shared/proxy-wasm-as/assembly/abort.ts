import { bytes, decimal } from "@ai-gateway-wasm/bytes";
import { LogLevel } from "./abi/enums";
import { proxy_log } from "./abi/imports";

/**
 * What the compiler calls for a broken bound, a failed allocation or `throw`: one log line with
 * the place, then a trap. The host treats the trap as its failure policy says (fail-closed: 503).
 * Selected with `--use abort=…`; the default `env.abort` exists on no host.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = bytes(
    (message === null ? "abort" : message) +
      " at " +
      (file === null ? "?" : file) +
      ":" +
      decimal(line) +
      ":" +
      decimal(column),
  );
  proxy_log(LogLevel.Critical, text.ptr, text.length);
  unreachable();
}
