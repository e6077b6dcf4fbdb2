import { beginCallback, endCallback } from "../dispatch/cycle";
import { findRoot } from "../dispatch/roots";

export function proxy_on_tick(id: u32): void {
  const root = findRoot(id);
  if (root === null) return;
  beginCallback(id);
  root.onTick();
  endCallback();
}

export function proxy_on_queue_ready(id: u32, queue: u32): void {
  const root = findRoot(id);
  if (root === null) return;
  beginCallback(id);
  root.onQueueReady(queue);
  endCallback();
}
