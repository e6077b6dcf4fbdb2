import { Half } from "../context/http";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropStream, findStream } from "../dispatch/streams";
import { DataAction, HeadersAction, TrailersAction } from "./enums";

export function proxy_on_response_headers(id: u32, _count: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return HeadersAction.Continue;
  beginCallback(id, stream.holdsRequest);
  stream.enter(Half.Response);
  let action = stream.onResponseHeaders(endOfStream != 0);
  if (stream.leave()) action = HeadersAction.Continue;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_response_body(id: u32, size: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return DataAction.Continue;
  beginCallback(id, stream.holdsRequest);
  stream.enter(Half.Response);
  let action = stream.onResponseBody(size, endOfStream != 0);
  if (stream.leave()) action = DataAction.Continue;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_response_trailers(id: u32, _count: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return TrailersAction.Continue;
  beginCallback(id, stream.holdsRequest);
  stream.enter(Half.Response);
  let action = stream.onResponseTrailers();
  if (stream.leave()) action = TrailersAction.Continue;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}
