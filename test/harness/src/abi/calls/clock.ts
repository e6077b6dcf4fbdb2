import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call } from "./arguments.js";

export const clockCalls: HostFunctions = {
  proxy_get_current_time_nanoseconds: call(1, (guest, out) => {
    if (!guest.memory.holds(out!, 8)) return Status.InvalidMemoryAccess;
    guest.memory.setU64(out!, guest.wallNs());
    return Status.Ok;
  }),
  proxy_set_tick_period_milliseconds: call(1, (guest, ms) => {
    guest.acting()?.root.setTickPeriod(ms! >>> 0);
    return Status.Ok;
  }),
};
