import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { encodePairs } from "../pairs.js";
import { call, putU32, readable } from "./arguments.js";

const { InvalidMemoryAccess, BadArgument, NotFound } = Status;
const higress = { higress: true };

/** Calls only Higress has (harness.md §5.7). */
export const higressCalls: HostFunctions = {
  proxy_redis_init: call(
    7,
    (guest, sp, sn, up, un, pp, pn, timeoutMs) => {
      if (!readable(guest, sp!, sn!, up!, un!, pp!, pn!)) return InvalidMemoryAccess;
      const text = (p: number, n: number) => guest.memory.text(p, n);
      const root = guest.acting()?.root;
      if (!root) return BadArgument;
      return root.redisInit(text(sp!, sn!), text(up!, un!), text(pp!, pn!), timeoutMs! >>> 0);
    },
    higress,
  ),
  proxy_redis_call: call(
    5,
    (guest, sp, sn, qp, qn, tokenOut) => {
      if (!readable(guest, sp!, sn!, qp!, qn!)) return InvalidMemoryAccess;
      const root = guest.acting()?.root;
      if (!root) return BadArgument;
      guest.keepView(qp!, qn!, "redis query");
      const started = root.redisCall(guest.memory.text(sp!, sn!), guest.memory.read(qp!, qn!));
      return started.status || putU32(guest, tokenOut!, started.token);
    },
    higress,
  ),
  proxy_inject_encoded_data_to_filter_chain: call(
    3,
    (guest, p, n, end) => {
      if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
      return guest.acting()?.inject(guest.memory.read(p!, n!), end !== 0) ?? BadArgument;
    },
    higress,
  ),
  proxy_get_upstream_hosts: call(
    2,
    (guest, P, N) => {
      const hosts = guest.acting()?.upstreamHosts();
      return hosts ? guest.give(encodePairs(hosts), P!, N!) : NotFound;
    },
    higress,
  ),
  proxy_set_upstream_override_host: call(
    2,
    (guest, p, n) => {
      if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
      return guest.acting()?.overrideUpstreamHost(guest.memory.text(p!, n!)) ?? BadArgument;
    },
    higress,
  ),
};
