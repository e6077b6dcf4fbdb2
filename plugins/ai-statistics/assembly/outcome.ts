import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, propertyPath } from "proxy-wasm-as";

export const COMPLETE: Slice = bytes("complete");
export const CLIENT_ABORT: Slice = bytes("client_abort");
export const UPSTREAM_RESET: Slice = bytes("upstream_reset");
export const LOCAL_REPLY: Slice = bytes("local_reply");

const VIA_UPSTREAM: Slice = bytes("via_upstream");
/** An answer of a model that model-fallback held, and gave in its own name. */
const REPLAYED: Slice = bytes("model_fallback.replayed");
const DOWNSTREAM: Slice = bytes("downstream");
// Of Envoy's response flags, eight bytes of little endian, those of a client that left: it closed its
// connection (DownstreamConnectionTermination, 0x4000), or over HTTP/2 and HTTP/3 reset its stream
// (DownstreamRemoteReset, 0x10000000).
const DISCONNECTED: i32 = 0x40;
const RESET: i32 = 0x10;

const FLAGS: Slice = propertyPath(["response", "flags"]);
const DETAILS: Slice = propertyPath(["response", "code_details"]);
const CODE: Slice = propertyPath(["response", "code"]);

/** Why a stream is over whose answer did not come to its end. */
export function whyIncomplete(): Slice {
  const flags = getProperty(FLAGS);
  if (flags !== null && flags.length == 8) {
    if (((flags.at(1) & DISCONNECTED) | (flags.at(3) & RESET)) != 0) return CLIENT_ABORT;
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
  if (details === null || details.equals(VIA_UPSTREAM)) return COMPLETE;
  return details.equals(REPLAYED) ? COMPLETE : LOCAL_REPLY;
}
