import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import {
  proxy_dequeue_shared_queue,
  proxy_enqueue_shared_queue,
  proxy_register_shared_queue,
  proxy_resolve_shared_queue,
} from "../abi/imports";
import { clearOut, OUT_NUMBER, OUT_PTR, OUT_SIZE, takeBytes, takeNumber } from "../memory/out";

/** No queue. Tokens of hosts are small numbers. */
export const NO_QUEUE: u32 = 0xffffffff;

/** Creates or finds a queue of this VM id; the last VM to register is told of new items. */
export function registerQueue(name: Slice): u32 {
  clearOut();
  const status = proxy_register_shared_queue(name.ptr, name.length, OUT_NUMBER);
  return status == Status.Ok ? takeNumber() : NO_QUEUE;
}

/** A queue that another VM registered, or NO_QUEUE. @param vmId no bytes: our own */
export function resolveQueue(vmId: Slice, name: Slice): u32 {
  clearOut();
  const status = proxy_resolve_shared_queue(
    vmId.ptr,
    vmId.length,
    name.ptr,
    name.length,
    OUT_NUMBER,
  );
  return status == Status.Ok ? takeNumber() : NO_QUEUE;
}

export function enqueue(queue: u32, item: Slice): Status {
  return proxy_enqueue_shared_queue(queue, item.ptr, item.length);
}

/** The oldest item, in the callback arena; null when the queue is empty or unknown. */
export function dequeue(queue: u32): Slice | null {
  clearOut();
  const status = proxy_dequeue_shared_queue(queue, OUT_PTR, OUT_SIZE);
  return status == Status.Ok ? takeBytes() : null;
}
