import { Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";
import { RESPONSE_FLAGS, TRANSPORT_FAILURE } from "./names";
import { BAD_START, CLIENT_GONE, CONNECT, RESET, TIMEOUT } from "./reason";

/** `DownstreamConnectionTermination` among Envoy's response flags. */
const DOWNSTREAM_GONE: i32 = 0x4000;
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
  const flags = getProperty(RESPONSE_FLAGS);
  if (flags !== null && flags.length >= 2 && ((flags.at(1) << 8) & DOWNSTREAM_GONE) != 0) {
    return CLIENT_GONE;
  }
  const failure = getProperty(TRANSPORT_FAILURE);
  if (failure !== null && !failure.isEmpty) return CONNECT;
  if (isLate(lastedMs, perTryMs)) return TIMEOUT;
  return hadAnswer ? BAD_START : RESET;
}

/** The attempt took as long as the router lets it. */
export function isLate(lastedMs: i64, perTryMs: i64): bool {
  return lastedMs >= perTryMs - SLACK_MS;
}
