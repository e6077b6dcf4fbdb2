import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, propertyPath } from "proxy-wasm-as";

export const COMPLETE: Slice = bytes("complete");
export const CLIENT_ABORT: Slice = bytes("client_abort");
export const UPSTREAM_RESET: Slice = bytes("upstream_reset");
export const LOCAL_REPLY: Slice = bytes("local_reply");

const VIA_UPSTREAM: Slice = bytes("via_upstream");
const DOWNSTREAM: Slice = bytes("downstream");
/** Bit of the response flag DC (DownstreamConnectionTermination). */
const DISCONNECTED: i32 = 14;

const FLAGS: Slice = propertyPath(["response", "flags"]);
const DETAILS: Slice = propertyPath(["response", "code_details"]);
const CODE: Slice = propertyPath(["response", "code"]);

/** Why a stream is over whose answer did not come to its end. */
export function whyIncomplete(): Slice {
  const flags = getProperty(FLAGS);
  if (flags !== null && flags.length == 8) {
    if ((flags.at(DISCONNECTED >> 3) & (1 << (DISCONNECTED & 7))) != 0) return CLIENT_ABORT;
  }
  const details = getProperty(DETAILS);
  return details !== null && details.startsWith(DOWNSTREAM) ? CLIENT_ABORT : UPSTREAM_RESET;
}

/** The status that the client got, in `onLog`, where there may be no headers to ask; 0: none. */
export function statusAtEnd(): i32 {
  const code = getProperty(CODE);
  return code !== null && code.length == 8 ? code.at(0) | (code.at(1) << 8) : 0;
}

/** Who gave an answer that came to its end. */
export function whoAnswered(): Slice {
  const details = getProperty(DETAILS);
  return details === null || details.equals(VIA_UPSTREAM) ? COMPLETE : LOCAL_REPLY;
}
