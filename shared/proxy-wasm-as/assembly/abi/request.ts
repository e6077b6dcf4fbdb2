import { Half } from "../context/http";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropStream, findStream, keepStream, openStream } from "../dispatch/streams";
import { DataAction, HeadersAction, TrailersAction } from "./enums";

export function proxy_on_request_headers(id: u32, _count: i32, endOfStream: i32): i32 {
  beginCallback(id, true);
  let action = HeadersAction.Continue;
  const stream = openStream(id);
  if (stream !== null) {
    stream.enter(Half.Request);
    action = stream.onRequestHeaders(endOfStream != 0);
    if (stream.leave()) action = HeadersAction.Continue;
    stream.holdsRequest = action != HeadersAction.Continue;
    if (!stream.isFinished) keepStream(stream);
  }
  endCallback();
  return action;
}

export function proxy_on_request_body(id: u32, size: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return DataAction.Continue;
  beginCallback(id, stream.holdsRequest);
  stream.enter(Half.Request);
  let action = stream.onRequestBody(size, endOfStream != 0);
  if (stream.leave()) action = DataAction.Continue;
  if (action == DataAction.Continue) stream.holdsRequest = false;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_request_trailers(id: u32, _count: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return TrailersAction.Continue;
  beginCallback(id, stream.holdsRequest);
  stream.enter(Half.Request);
  let action = stream.onRequestTrailers();
  if (stream.leave()) action = TrailersAction.Continue;
  if (action == TrailersAction.Continue) stream.holdsRequest = false;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}
