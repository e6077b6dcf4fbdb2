import { beginCallback, endCallback } from "../dispatch/cycle";
import { findStream, keepStream, openEnded } from "../dispatch/streams";
import { proxy_on_log as logEnd } from "./end";

/**
 * `proxy_on_log` for plugins that want to know of every request: one that a filter before this one
 * answered has no other callback, and its stream is made here where the root follows all (host.md 3.1).
 */
export function proxy_on_log(id: u32): void {
  if (findStream(id) === null) {
    beginCallback(id, true);
    const stream = openEnded(id);
    if (stream !== null) keepStream(stream);
    endCallback();
  }
  logEnd(id);
}
