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

export function proxy_on_done(id: u32): i32 {
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
