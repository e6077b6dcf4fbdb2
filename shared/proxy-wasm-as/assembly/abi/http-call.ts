import { httpCallouts } from "../dispatch/callouts";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { findRoot } from "../dispatch/roots";
import { dropStream, findStream } from "../dispatch/streams";
import { HttpCallResponse } from "../host/http-call";

/** An answer arrives on the root context, also when its stream is gone. */
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
  beginCallback(rootId);
  const response = new HttpCallResponse(headerCount, bodySize);
  const root = owner == rootId ? findRoot(rootId) : null;
  if (root !== null) {
    root.onHttpCallResponse(tag, response);
  } else if (stream !== null && (stream.lingers || stream.reach())) {
    stream.onHttpCallResponse(tag, response);
    if (stream.isFinished) dropStream(stream.id);
  }
  endCallback();
}
