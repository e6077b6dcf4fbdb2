import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call, putU32, readable } from "./arguments.js";

const { Ok, NotFound, Empty, BadArgument, InvalidMemoryAccess } = Status;

export const queueCalls: HostFunctions = {
  proxy_register_shared_queue: call(3, (guest, p, n, tokenOut) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const root = guest.acting()?.root;
    return root
      ? putU32(guest, tokenOut!, root.registerQueue(guest.memory.text(p!, n!)))
      : BadArgument;
  }),
  proxy_resolve_shared_queue: call(5, (guest, vp, vn, p, n, tokenOut) => {
    if (!readable(guest, vp!, vn!, p!, n!)) return InvalidMemoryAccess;
    const vmId = vn === 0 ? guest.vmId : guest.memory.text(vp!, vn!);
    const token = guest.process.queues.resolve(vmId, guest.memory.text(p!, n!));
    return token === null ? NotFound : putU32(guest, tokenOut!, token);
  }),
  proxy_enqueue_shared_queue: call(3, (guest, token, p, n) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    return guest.process.queues.enqueue(token! >>> 0, guest.memory.read(p!, n!)) ? Ok : NotFound;
  }),
  proxy_dequeue_shared_queue: call(3, (guest, token, P, N) => {
    const item = guest.process.queues.dequeue(token! >>> 0);
    if (item === undefined) return NotFound;
    return item === null ? Empty : guest.give(item, P!, N!);
  }),
};
