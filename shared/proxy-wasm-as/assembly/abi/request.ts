import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropStream, findStream, keepStream, openStream } from "../dispatch/streams";
import { DataAction, HeadersAction, TrailersAction } from "./enums";

export function proxy_on_request_headers(id: u32, _count: i32, endOfStream: i32): i32 {
  beginCallback(true);
  let action = HeadersAction.Continue;
  const stream = openStream(id);
  if (stream !== null) {
    action = stream.onRequestHeaders(endOfStream != 0);
    stream.holdsRequest = action != HeadersAction.Continue;
    if (!stream.isFinished) keepStream(stream);
  }
  endCallback();
  return action;
}

export function proxy_on_request_body(id: u32, size: i32, endOfStream: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return DataAction.Continue;
  beginCallback(stream.holdsRequest);
  const action = stream.onRequestBody(size, endOfStream != 0);
  if (action == DataAction.Continue) stream.holdsRequest = false;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}

export function proxy_on_request_trailers(id: u32, _count: i32): i32 {
  const stream = findStream(id);
  if (stream === null) return TrailersAction.Continue;
  beginCallback(stream.holdsRequest);
  const action = stream.onRequestTrailers();
  if (action == TrailersAction.Continue) stream.holdsRequest = false;
  if (stream.isFinished) dropStream(id);
  endCallback();
  return action;
}
