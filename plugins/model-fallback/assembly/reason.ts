import { bytes, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** Kinds of failures as they are counted; the order of `FAILURE_CLASSES`. */
export const enum FailureClass {
  Status4xx,
  Status429,
  Status5xx,
  Connect,
  Reset,
  Timeout,
  BadStart,
  NoHost,
}

export const FAILURE_CLASSES: string[] = [
  "status_4xx",
  "status_429",
  "status_5xx",
  "connect",
  "reset",
  "timeout",
  "bad_start",
  "no_host",
];

// Why an attempt failed, or that it did not (model-fallback.md 3.6).
export const OK: Slice = bytes("ok");
export const CONNECT: Slice = bytes("connect");
export const RESET: Slice = bytes("reset");
export const TIMEOUT: Slice = bytes("timeout");
export const BAD_START: Slice = bytes("bad_start");
export const NO_HOST: Slice = bytes("no_host");
export const OVERFLOW: Slice = bytes("overflow");
export const CLIENT_GONE: Slice = bytes("client_gone");
/** The target was left out, because it had failed too often. */
export const BREAKER_OPEN: Slice = bytes("breaker_open");
/** It was left out, because such requests are not for it, or it has no key for this one. */
export const NOT_ELIGIBLE: Slice = bytes("not_eligible");
/** The attempt ended, and nobody saw how. */
export const NO_RESPONSE: Slice = bytes("no_response");
/** The answer broke off after it had begun. */
export const RESET_MID_STREAM: Slice = bytes("reset_mid_stream");

const STATUS: Slice = bytes("status_");
export const STATUS_429: Slice = bytes("status_429");

/** `status_503` */
export function statusReason(status: i32): Slice {
  return bytes("status_" + decimal(status));
}

/** The status that a reason names, as digits; no bytes: there was none, or it was a good one. */
export function statusOf(reason: Slice): Slice {
  return reason.startsWith(STATUS) ? reason.sub(STATUS.length) : NO_BYTES;
}

/** How a reason is counted. */
export function classOf(reason: Slice): FailureClass {
  if (reason.equals(STATUS_429)) return FailureClass.Status429;
  if (reason.startsWith(STATUS)) {
    return reason.at(STATUS.length) == 0x34 ? FailureClass.Status4xx : FailureClass.Status5xx;
  }
  if (reason.equals(CONNECT)) return FailureClass.Connect;
  if (reason.equals(TIMEOUT)) return FailureClass.Timeout;
  if (reason.equals(BAD_START)) return FailureClass.BadStart;
  return reason.equals(NO_HOST) ? FailureClass.NoHost : FailureClass.Reset;
}
