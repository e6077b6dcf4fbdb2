import { LogLevel, Status } from "../abi/enums";
import { proxy_get_log_level, proxy_log } from "../abi/imports";
import { clearOut, OUT_NUMBER, takeNumber } from "../memory/out";
import { callForeign } from "./foreign";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";

const GET_LOG_LEVEL: Slice = bytes("get_log_level");
const UNKNOWN: i32 = -1;

let level: i32 = UNKNOWN;

/**
 * True when the host prints lines of this level. Ask before building a text. The host is asked
 * once per callback; when it cannot say, everything is printed and the host filters.
 */
export function isLogged(wanted: LogLevel): bool {
  if (level == UNKNOWN) level = readLevel();
  return <i32>wanted >= level;
}

/** Prints one line. Never a secret, a credential, a prompt or a body (decision 4). */
export function logLine(severity: LogLevel, text: Slice): void {
  proxy_log(severity, text.ptr, text.length);
}

/** The level may change between callbacks. */
export function forgetLogLevel(): void {
  level = UNKNOWN;
}

function readLevel(): i32 {
  if (isDefined(HIGRESS)) {
    const answer = callForeign(GET_LOG_LEVEL);
    return answer !== null && answer.length == 4 ? load<i32>(answer.ptr) : LogLevel.Trace;
  }
  clearOut();
  return proxy_get_log_level(OUT_NUMBER) == Status.Ok ? <i32>takeNumber() : LogLevel.Trace;
}
