import { Status } from "../enums.js";
import type { ActingContext, Guest, HostFunctions, MapAccess } from "../guest.js";
import { lowerAscii } from "../header-list.js";
import { decodePairs, encodePairs } from "../pairs.js";
import { toBytes } from "../text.js";
import { call, checkText, putU32, readable } from "./arguments.js";

const { Ok, NotFound, BadArgument, InvalidMemoryAccess } = Status;

/** Pseudo headers without which a message cannot be sent, by map. */
const REQUIRED: Readonly<Record<number, readonly string[]>> = {
  0: [":method", ":path", ":authority", ":scheme"],
  2: [":status"],
};

function writableMap(guest: Guest, type: number): [ActingContext, MapAccess] | number {
  const context = guest.acting();
  const map = type < 8 ? context?.headerMap(type) : null;
  if (!map || !map.writable) {
    if (type < 4) guest.note("S08", `header map ${type} cannot be changed in this phase`);
    return BadArgument;
  }
  return [context!, map];
}

/** The allocator may trap or fail after the look-up, as on the host. */
export const headerCalls: HostFunctions = {
  proxy_get_header_map_value: call(5, (guest, type, p, n, P, N) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const map = type! >>> 0 < 8 ? guest.acting()?.headerMap(type!) : null;
    const name = lowerAscii(guest.memory.text(p!, n!));
    if (!map) {
      if (type! < 4) guest.note("S08", `header "${name}" read from map ${type}, not reachable now`);
      return BadArgument;
    }
    const value = map.list.get(name);
    if (guest.profile.emulator && (value === undefined || value === "")) return NotFound;
    if (value === undefined) {
      if (guest.abi !== "0_1_0") return NotFound;
      return guest.give(new Uint8Array(0), P!, N!);
    }
    return guest.give(toBytes(value), P!, N!);
  }),
  proxy_get_header_map_pairs: call(3, (guest, type, P, N) => {
    if (type! >>> 0 > 7) return BadArgument;
    const map = guest.acting()?.headerMap(type!);
    if (!map && type! < 4)
      guest.note("S08", `pairs of map ${type} asked while it is not reachable`);
    if (!map || map.list.length === 0) return guest.give(new Uint8Array(0), P!, N!);
    return guest.give(encodePairs(map.list.pairs), P!, N!);
  }),
  proxy_get_header_map_size: call(2, (guest, type, out) => {
    const map = type! >>> 0 < 8 ? guest.acting()?.headerMap(type!) : null;
    if (!map || !map.sizeable) return BadArgument;
    return putU32(guest, out!, map.list.byteSize);
  }),
  proxy_add_header_map_value: call(5, (guest, type, p, n, vp, vn) => {
    if (!readable(guest, p!, n!, vp!, vn!)) return InvalidMemoryAccess;
    const target = writableMap(guest, type! >>> 0);
    if (typeof target === "number") return target;
    const name = guest.memory.text(p!, n!);
    const value = guest.memory.text(vp!, vn!);
    checkText(guest, name, value);
    guest.keepView(vp!, vn!, `value of added header "${name}"`);
    const old = guest.profile.emulator && target[1].list.get(lowerAscii(name));
    if (old !== undefined) target[1].list.replace(name, old + value);
    else target[1].list.add(name, value);
    target[0].headersChanged(type!);
    return Ok;
  }),
  proxy_replace_header_map_value: call(5, (guest, type, p, n, vp, vn) => {
    if (!readable(guest, p!, n!, vp!, vn!)) return InvalidMemoryAccess;
    const target = writableMap(guest, type! >>> 0);
    if (typeof target === "number") return target;
    const name = guest.memory.text(p!, n!);
    const value = guest.memory.text(vp!, vn!);
    checkText(guest, name, value);
    guest.keepView(vp!, vn!, `value of replaced header "${name}"`);
    target[1].list.set(name, value);
    target[0].headersChanged(type!);
    return Ok;
  }),
  proxy_remove_header_map_value: call(3, (guest, type, p, n) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const target = writableMap(guest, type! >>> 0);
    if (typeof target === "number") return target;
    const name = lowerAscii(guest.memory.text(p!, n!));
    if (REQUIRED[type!]?.includes(name) && target[1].list.has(name)) {
      guest.note("S24", `pseudo header "${name}" removed`);
    }
    if (guest.profile.emulator) target[1].list.removeFirst(name);
    else target[1].list.remove(name);
    target[0].headersChanged(type!);
    return Ok;
  }),
  proxy_set_header_map_pairs: call(3, (guest, type, p, n) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const target = writableMap(guest, type! >>> 0);
    if (typeof target === "number") return target;
    const pairs = n === 0 ? [] : decodePairs(guest.memory.read(p!, n!));
    if (!pairs) guest.note("S09", "malformed or too many pairs: the host empties the map");
    target[1].list.pairs = [];
    for (const [name, value] of pairs ?? []) {
      checkText(guest, name, value);
      target[1].list.add(name, value);
    }
    for (const name of target[0].isRoot ? [] : (REQUIRED[type!] ?? [])) {
      if (!target[1].list.has(name))
        guest.note("S24", `pseudo header "${name}" missing in set pairs`);
    }
    target[0].headersChanged(type!);
    return Ok;
  }),
};
