import { allocateInArena } from "../memory/arena";

/** The host asks for memory to put a result into. Nothing but pure memory work may happen here. */
export function proxy_on_memory_allocate(size: usize): usize {
  return allocateInArena(size);
}
