import { Status } from "../enums.js";
import type { Guest, HostFunction } from "../guest.js";

type Run = (guest: Guest, ...args: number[]) => number;

/** `n` i32 parameters and a status: the shape of nearly every call. */
export function call(n: number, run: Run, extra: Partial<HostFunction> = {}): HostFunction {
  return { params: "i".repeat(n), results: "i", run: run as HostFunction["run"], ...extra };
}

/** True if every (pointer, length) of the list lies in guest memory. */
export function readable(guest: Guest, ...ranges: number[]): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (!guest.memory.holds(ranges[i]!, ranges[i + 1]!)) return false;
  }
  return true;
}

/** Writes one u32 result, or says why not. */
export function putU32(guest: Guest, pointer: number, value: number): number {
  if (!guest.memory.holds(pointer, 4)) return Status.InvalidMemoryAccess;
  guest.memory.setU32(pointer, value);
  return Status.Ok;
}

const BAD_TEXT = /[\r\n\0]/;

/** Notes a header that would break the wire (S10). */
export function checkText(guest: Guest, name: string, value: string): void {
  if (name === "" || BAD_TEXT.test(name) || / /.test(name)) {
    guest.note("S10", `header name ${JSON.stringify(name)} is not valid on the wire`);
  } else if (BAD_TEXT.test(value)) {
    guest.note("S10", `value of header "${name}" holds CR, LF or NUL`);
  }
}
