import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call, putU32, readable } from "./arguments.js";

const { Ok, NotFound, CasMismatch, InvalidMemoryAccess } = Status;

export const sharedDataCalls: HostFunctions = {
  proxy_get_shared_data: call(5, (guest, p, n, P, N, casOut) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const entry = guest.process.data.get(guest.vmId, guest.memory.text(p!, n!));
    if (!entry) return NotFound;
    return guest.give(entry.value, P!, N!) || putU32(guest, casOut!, entry.cas);
  }),
  proxy_set_shared_data: call(5, (guest, p, n, vp, vn, cas) => {
    if (!readable(guest, p!, n!, vp!, vn!)) return InvalidMemoryAccess;
    const { data } = guest.process;
    const key = guest.memory.text(p!, n!);
    const exact = guest.profile.emulator !== undefined;
    guest.keepView(vp!, vn!, `shared data "${key}"`);
    return data.set(guest.vmId, key, guest.memory.read(vp!, vn!), cas! >>> 0, exact)
      ? Ok
      : CasMismatch;
  }),
};
