import { Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";
import { RESPONSE_FLAGS, TRANSPORT_FAILURE } from "./names";
import { BAD_START, CLIENT_GONE, CONNECT, RESET, TIMEOUT } from "./reason";

/** Bits of Envoy's response flags, in the lowest two bytes (model-fallback.md 3.6). */
const CONNECT_FAILURE: i32 = 0x20;
const DOWNSTREAM_GONE: i32 = 0x4000;

/**
 * Why an attempt ended without an answer that could be used, as the host tells when it is over.
 *
 * @param hadAnswer its headers had come
 */
export function ending(hadAnswer: bool): Slice {
  const flags = lowFlags();
  if ((flags & DOWNSTREAM_GONE) != 0) return CLIENT_GONE;
  const failure = getProperty(TRANSPORT_FAILURE);
  if ((failure !== null && !failure.isEmpty) || (flags & CONNECT_FAILURE) != 0) return CONNECT;
  if (hadAnswer) return BAD_START;
  return flags == 0 ? TIMEOUT : RESET;
}

function lowFlags(): i32 {
  const flags = getProperty(RESPONSE_FLAGS);
  return flags === null || flags.length < 2 ? 0 : flags.at(0) | (flags.at(1) << 8);
}
