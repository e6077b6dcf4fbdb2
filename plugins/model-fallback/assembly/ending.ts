import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";
import { RESPONSE_DETAILS, RESPONSE_FLAGS, TRANSPORT_FAILURE } from "./names";
import { BAD_START, CLIENT_GONE, CONNECT, RESET, TIMEOUT } from "./reason";

// Of Envoy's response flags, eight bytes of little endian.
/** `DownstreamConnectionTermination`, 0x4000. */
const CONNECTION_CLOSED: i32 = 0x40;
/** `DownstreamRemoteReset`, 0x10000000. */
const STREAM_RESET: i32 = 0x10;
const RESET_AFTER: Slice = bytes("upstream_reset_after_response_started");
/** The router's clock and ours need not agree to the millisecond. */
const SLACK_MS: i64 = 50;

/**
 * Why an attempt ended without an answer that could be used. The host tells in `onDone` whether the
 * client left and whether a connection came about; a reset and a per-try timeout look alike to a
 * filter in the upstream chain (Envoy 1.40 sets no flag for either), so the time that has passed
 * tells them apart.
 *
 * @param hadAnswer its headers had come
 * @param lastedMs since the attempt began
 * @param perTryMs after which the router gives an attempt up
 */
export function ending(hadAnswer: bool, lastedMs: i64, perTryMs: i64): Slice {
  if (isClientGone()) return CLIENT_GONE;
  const failure = getProperty(TRANSPORT_FAILURE);
  if (failure !== null && !failure.isEmpty) return CONNECT;
  if (isLate(lastedMs, perTryMs)) return TIMEOUT;
  return hadAnswer ? BAD_START : RESET;
}

/** The client left: it closed its connection, or over HTTP/2 reset the stream. */
function isClientGone(): bool {
  const flags = getProperty(RESPONSE_FLAGS);
  if (flags === null || flags.length < 4) return false;
  return (flags.at(1) & CONNECTION_CLOSED) != 0 || (flags.at(3) & STREAM_RESET) != 0;
}

/** The stream is over because the answer broke off at its upstream. For the listener's chain. */
export function isCutOff(): bool {
  const details = getProperty(RESPONSE_DETAILS);
  return details !== null && details.startsWith(RESET_AFTER);
}

/** The attempt took as long as the router lets it. */
export function isLate(lastedMs: i64, perTryMs: i64): bool {
  return lastedMs >= perTryMs - SLACK_MS;
}
