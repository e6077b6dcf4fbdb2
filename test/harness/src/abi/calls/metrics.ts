import { MetricType, Status } from "../enums.js";
import type { Guest, HostFunction, HostFunctions } from "../guest.js";
import { call, putU32, readable } from "./arguments.js";

const { Ok, BadArgument, InvalidMemoryAccess } = Status;

function i64Call(run: (guest: Guest, id: number, value: bigint) => number): HostFunction {
  return { params: "iI", results: "i", run: run as HostFunction["run"] };
}

export const metricCalls: HostFunctions = {
  proxy_define_metric: call(4, (guest, type, p, n, idOut) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    if (type! >>> 0 > MetricType.Histogram && !guest.profile.emulator) return BadArgument;
    return putU32(guest, idOut!, guest.metrics.define(type!, guest.memory.text(p!, n!)));
  }),
  proxy_increment_metric: i64Call((guest, id, offset) => guest.metrics.increment(id >>> 0, offset)),
  proxy_record_metric: i64Call((guest, id, value) => guest.metrics.record(id >>> 0, value)),
  proxy_get_metric: call(2, (guest, id, out) => {
    const value = guest.metrics.get(id! >>> 0);
    if (typeof value === "number") return value;
    if (!guest.memory.holds(out!, 8)) return InvalidMemoryAccess;
    guest.memory.setU64(out!, value);
    return Ok;
  }),
};
