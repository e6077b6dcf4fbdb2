import { Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call, readable } from "./arguments.js";

const { NotFound, InvalidMemoryAccess } = Status;

export const propertyCalls: HostFunctions = {
  proxy_get_property: call(4, (guest, p, n, P, N) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const found = guest.acting()?.getProperty(guest.memory.text(p!, n!)) ?? NotFound;
    return typeof found === "number" ? found : guest.give(found, P!, N!);
  }),
  proxy_set_property: call(4, (guest, p, n, vp, vn) => {
    if (!readable(guest, p!, n!, vp!, vn!)) return InvalidMemoryAccess;
    const value = guest.memory.read(vp!, vn!);
    const path = guest.memory.text(p!, n!);
    guest.keepView(vp!, vn!, `property "${path}"`);
    return guest.acting()?.setProperty(path, value) ?? NotFound;
  }),
};
