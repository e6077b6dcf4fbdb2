import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { utf8 } from "../text.js";
import { call, putU32, readable } from "./arguments.js";

const { Ok, BadArgument, InvalidMemoryAccess } = Status;

export const logCalls: HostFunctions = {
  proxy_log: call(3, (guest, level, p, n) => {
    if (level! >>> 0 > 5) return BadArgument;
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    guest.keepView(p!, n!, "log line");
    guest.log(level!, utf8(guest.memory.read(p!, n!)));
    return Ok;
  }),
  proxy_get_log_level: call(1, (guest, out) => putU32(guest, out!, guest.logLevel), {
    abi: ["0_2_1", "0_2_100"],
  }),
};
