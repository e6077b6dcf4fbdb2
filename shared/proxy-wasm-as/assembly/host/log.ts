import { LogLevel, Status } from "../abi/enums";
import { proxy_get_log_level, proxy_log } from "../abi/imports";
import { clearOut, OUT_NUMBER, takeNumber } from "../memory/out";
import { callForeign } from "./foreign";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";

const GET_LOG_LEVEL: Slice = bytes("get_log_level");
const UNKNOWN: i32 = -1;
/** How many callbacks an answer of the host holds: an operator's change shows after as many. */
const ASK_EVERY: i32 = 32;

let level: i32 = UNKNOWN;
let age: i32 = 0;

/**
 * True when the host prints lines of this level. Ask before building a text. The host is asked
 * once in a while; when it cannot say, everything is printed and the host filters.
 */
export function isLogged(wanted: LogLevel): bool {
  if (level == UNKNOWN) level = readLevel();
  return <i32>wanted >= level;
}

/** Prints one line. Never a secret, a credential, a prompt or a body (decision 4). */
export function logLine(severity: LogLevel, text: Slice): void {
  proxy_log(severity, text.ptr, text.length);
}

/** A callback begins: the level may have been changed meanwhile. */
export function ageLogLevel(): void {
  if (++age < ASK_EVERY) return;
  age = 0;
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
