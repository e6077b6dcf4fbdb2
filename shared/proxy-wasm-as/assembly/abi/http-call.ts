import { httpCallouts } from "../dispatch/callouts";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { findRoot } from "../dispatch/roots";
import { dropStream, enterStream, findStream } from "../dispatch/streams";
import { HttpCallResponse } from "../host/http-call";

/**
 * An answer arrives on the root context, also when its stream is gone. Without switching the
 * effective context, everything the stream then does would act on the root: a local reply would
 * answer Ok and do nothing (host.md 7.1).
 */
export function proxy_on_http_call_response(
  rootId: u32,
  token: u32,
  headerCount: i32,
  bodySize: i32,
  _trailerCount: i32,
): void {
  const callout = httpCallouts.take(token);
  if (callout === null) return;
  const owner = callout.owner; // the collector may take the call-out when the callback begins
  const tag = callout.tag;
  const stream = findStream(owner);
  beginCallback(stream !== null && stream.holdsRequest);
  const response = new HttpCallResponse(headerCount, bodySize);
  const root = owner == rootId ? findRoot(rootId) : null;
  if (root !== null) {
    root.onHttpCallResponse(tag, response);
  } else if (stream !== null && enterStream(stream)) {
    stream.onHttpCallResponse(tag, response);
    if (stream.isFinished) dropStream(stream.id);
  }
  endCallback();
}
