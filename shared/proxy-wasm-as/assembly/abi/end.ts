import { HttpContext } from "../context/http";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropRoot, findRoot } from "../dispatch/roots";
import { dropStream, findStream, forgetStream } from "../dispatch/streams";

/** The end of a stream as plugins see it; Envoy calls it before done and delete (harness.md 6.9). */
export function proxy_on_log(id: u32): void {
  const stream = findStream(id);
  if (stream === null) return;
  beginCallback(id, true);
  stream.isOver = true;
  stream.onLog();
  stream.holdsRequest = false;
  if (!stream.lingers) dropStream(id);
  endCallback();
}

/** Also the end of a stream; the only one that filters in the upstream chain are told. */
export function proxy_on_done(id: u32): i32 {
  const stream = findStream(id);
  if (stream !== null) {
    endStream(stream);
    return 1;
  }
  const root = findRoot(id);
  if (root === null) return 1;
  beginCallback(id);
  const gone = root.onDone();
  endCallback();
  return gone ? 1 : 0;
}

export function proxy_on_delete(id: u32): void {
  forgetStream(id);
  dropRoot(id);
}

function endStream(stream: HttpContext): void {
  beginCallback(stream.id);
  stream.isOver = true;
  stream.onDone();
  stream.holdsRequest = false;
  if (!stream.lingers) dropStream(stream.id);
  endCallback();
}
