import { BufferType, Status } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { call, putU32, readable } from "./arguments.js";

const { Ok, NotFound, BadArgument, InvalidMemoryAccess } = Status;

export const bufferCalls: HostFunctions = {
  proxy_get_buffer_bytes: call(5, (guest, type, start, length, P, N) => {
    const last = guest.profile.higressCalls ? BufferType.RedisReply : BufferType.CallData;
    if (type! >>> 0 > last) return BadArgument;
    const buffer = guest.acting()?.buffer(type!);
    if (!buffer) return NotFound;
    const size = buffer.queue.size;
    const from = start! >>> 0;
    if (guest.profile.emulator) {
      if (size === 0) return NotFound;
      if (from >= size) return BadArgument;
    }
    const to = Math.min(size, from + (length! >>> 0));
    if (from >= to) return guest.give(new Uint8Array(0), P!, N!);
    return guest.give(buffer.queue.bytes().subarray(from, to), P!, N!);
  }),
  proxy_get_buffer_status: call(3, (guest, type, lengthOut, flagsOut) => {
    const last = guest.profile.higressCalls ? BufferType.RedisReply : BufferType.CallData;
    if (type! >>> 0 > last) return BadArgument;
    const buffer = guest.acting()?.buffer(type!);
    if (!buffer) return NotFound;
    return putU32(guest, lengthOut!, buffer.queue.size) || putU32(guest, flagsOut!, 0);
  }),
  proxy_set_buffer_bytes: call(5, (guest, type, start, length, p, n) => {
    if (!readable(guest, p!, n!)) return InvalidMemoryAccess;
    const context = guest.acting();
    const buffer = type! >>> 0 < 9 ? context?.buffer(type!) : null;
    if (!buffer || !buffer.writable) {
      if (context?.bodyGone(type!))
        guest.note("S29", `body ${type} edited after its end was passed on: the edit is lost`);
      else guest.note("S17", `buffer ${type} cannot be written in this phase`);
      // A buffer that is not there (4 and 7 outside their callbacks) is not a read-only one.
      return buffer === null && type! >>> 0 < 9 ? NotFound : BadArgument;
    }
    const { queue } = buffer;
    const size = queue.size;
    const from = start! >>> 0;
    const drop = length! >>> 0;
    if (from === 0) {
      if (guest.profile.emulator && drop > 0 && drop < size) return BadArgument;
      if (drop > 0) queue.drop(drop);
      queue.unshift(guest.memory.read(p!, n!));
    } else if (from >= size) {
      queue.push(guest.memory.read(p!, n!));
    } else {
      guest.note("S17", `start ${from} lies inside the buffer of ${size} bytes`);
      return BadArgument;
    }
    guest.keepView(p!, n!, `bytes written to buffer ${type}`);
    context?.bodyEdited(type!);
    return Ok;
  }),
};
