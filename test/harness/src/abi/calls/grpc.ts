import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call, putU32, readable } from "./arguments.js";
import { readPairs } from "./http-call.js";

const { InvalidMemoryAccess, BadArgument } = Status;

export const grpcCalls: HostFunctions = {
  proxy_grpc_call: call(12, (guest, sp, sn, np, nn, mp, mn, ip, i_n, rp, rn, timeoutMs, out) => {
    if (!readable(guest, sp!, sn!, np!, nn!, mp!, mn!, ip!, i_n!, rp!, rn!))
      return InvalidMemoryAccess;
    const context = guest.acting();
    if (!context) return BadArgument;
    const started = context.root.grpcCall({
      service: guest.memory.read(sp!, sn!),
      serviceName: guest.memory.text(np!, nn!),
      methodName: guest.memory.text(mp!, mn!),
      metadata: readPairs(guest, ip!, i_n!),
      message: guest.memory.read(rp!, rn!),
      timeoutMs: timeoutMs! >>> 0,
      stream: false,
    });
    return started.status || putU32(guest, out!, started.token);
  }),
  proxy_grpc_stream: call(9, (guest, sp, sn, np, nn, mp, mn, ip, i_n, out) => {
    if (!readable(guest, sp!, sn!, np!, nn!, mp!, mn!, ip!, i_n!)) return InvalidMemoryAccess;
    const context = guest.acting();
    if (!context) return BadArgument;
    const started = context.root.grpcCall({
      service: guest.memory.read(sp!, sn!),
      serviceName: guest.memory.text(np!, nn!),
      methodName: guest.memory.text(mp!, mn!),
      metadata: readPairs(guest, ip!, i_n!),
      message: new Uint8Array(0),
      timeoutMs: 0,
      stream: true,
    });
    return started.status || putU32(guest, out!, started.token);
  }),
  proxy_grpc_send: call(4, (guest, token, p, n, end) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const root = guest.acting()?.root;
    return root ? root.grpcSend(token!, guest.memory.read(p!, n!), end !== 0) : BadArgument;
  }),
  proxy_grpc_close: call(
    1,
    (guest, token) => guest.acting()?.root.grpcEnd(token!, false) ?? BadArgument,
  ),
  proxy_grpc_cancel: call(
    1,
    (guest, token) => guest.acting()?.root.grpcEnd(token!, true) ?? BadArgument,
  ),
};
