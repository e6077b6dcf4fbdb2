import { Status } from "../enums.js";
import type { Guest, HostFunctions } from "../guest.js";
import { decodePairs } from "../pairs.js";
import { fromBytes } from "../text.js";
import type { HeaderPair } from "../../types.js";
import { call, checkText, putU32, readable } from "./arguments.js";

/** Pairs argument of a call; malformed means none, as on the host. */
export function readPairs(guest: Guest, pointer: number, length: number): HeaderPair[] {
  if (length === 0) return [];
  const pairs = decodePairs(guest.memory.read(pointer, length));
  if (!pairs) guest.note("S09", "malformed or too many pairs: the host takes them as none");
  for (const [name, value] of pairs ?? []) checkText(guest, name, value);
  return pairs ?? [];
}

export const httpCalls: HostFunctions = {
  proxy_http_call: call(10, (guest, up, un, hp, hn, bp, bn, tp, tn, timeoutMs, tokenOut) => {
    if (!readable(guest, up!, un!, hp!, hn!, bp!, bn!, tp!, tn!)) return Status.InvalidMemoryAccess;
    const context = guest.acting();
    if (!context) return Status.BadArgument;
    // The host clears the token before it looks at anything else.
    if (putU32(guest, tokenOut!, 0)) return Status.InvalidMemoryAccess;
    guest.keepView(bp!, bn!, "body of http_call");
    const started = context.root.httpCall({
      cluster: fromBytes(guest.memory.read(up!, un!)),
      headers: readPairs(guest, hp!, hn!),
      body: guest.memory.read(bp!, bn!),
      trailers: readPairs(guest, tp!, tn!),
      timeoutMs: timeoutMs! >>> 0,
    });
    if (started.status === Status.Ok) putU32(guest, tokenOut!, started.token);
    return started.status;
  }),
};
