import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropStream, findStream } from "../dispatch/streams";
import { DataAction, HeadersAction, TrailersAction } from "./enums";

export function proxy_on_response_headers(id: u32, _count: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return HeadersAction.Continue;
  beginCallback(stream.holdsRequest);
  stream.hasResponse = true;
  const action = stream.onResponseHeaders(endOfStream != 0);
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_response_body(id: u32, size: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return DataAction.Continue;
  beginCallback(stream.holdsRequest);
  const action = stream.onResponseBody(size, endOfStream != 0);
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_response_trailers(id: u32, _count: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return TrailersAction.Continue;
  beginCallback(stream.holdsRequest);
  const action = stream.onResponseTrailers();
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}
