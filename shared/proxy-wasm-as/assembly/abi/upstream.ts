import { beginCallback, endCallback } from "../dispatch/cycle";
import { dropStream, findStream } from "../dispatch/streams";

/**
 * The end of a stream for filters of an upstream chain, which hosts give no log callback
 * (model-fallback.md 7.2, no. 14). Apart from `end.ts`, whose callback of this name is for roots that
 * wait for answers: a plugin wants one or the other.
 */
export function proxy_on_done(id: u32): i32 {
  const stream = findStream(id);
  if (stream === null) return 1;
  beginCallback(id);
  stream.isOver = true;
  stream.onDone();
  stream.holdsRequest = false;
  if (!stream.lingers) dropStream(id);
  endCallback();
  return 1;
}
