import { Status, StreamType } from "../enums.js";
import type { HostFunctions } from "../guest.js";
import { fromBytes } from "../text.js";
import { call, putU32, readable } from "./arguments.js";
import { readPairs } from "./http-call.js";

const { Ok, BadArgument, InvalidMemoryAccess } = Status;
const only010 = { abi: ["0_1_0"] };
const since020 = { abi: ["0_2_0", "0_2_1", "0_2_100"] };

export const flowCalls: HostFunctions = {
  proxy_get_status: call(3, (guest, codeOut, P, N) => {
    const status = guest.acting()?.root.callStatus() ?? { code: 0, message: "" };
    const wrote = putU32(guest, codeOut!, status.code);
    return wrote || guest.give(new TextEncoder().encode(status.message), P!, N!);
  }),
  proxy_get_configuration: call(
    2,
    (guest, P, N) => {
      const context = guest.running();
      return guest.give(context?.buffer(7)?.queue.bytes() ?? guest.vmConfig, P!, N!);
    },
    only010,
  ),
  proxy_continue_request: call(
    0,
    (g) => g.acting()?.continueStream(StreamType.Request) ?? Ok,
    only010,
  ),
  proxy_continue_response: call(
    0,
    (g) => g.acting()?.continueStream(StreamType.Response) ?? Ok,
    only010,
  ),
  proxy_clear_route_cache: call(
    0,
    (guest) => {
      guest.acting()?.clearRouteCache();
      return Ok;
    },
    only010,
  ),
  proxy_continue_stream: call(
    1,
    (g, type) => g.acting()?.continueStream(type! >>> 0) ?? Ok,
    since020,
  ),
  proxy_close_stream: call(1, (g, type) => g.acting()?.closeStream(type! >>> 0) ?? Ok, since020),
  proxy_send_local_response: call(8, (guest, code, dp, dn, bp, bn, hp, hn, grpc) => {
    if (!readable(guest, dp!, dn!, bp!, bn!, hp!, hn!)) return InvalidMemoryAccess;
    guest.keepView(bp!, bn!, "body of local reply");
    const reply = {
      status: code! & 0xffff,
      details: fromBytes(guest.memory.read(dp!, dn!)),
      body: guest.memory.read(bp!, bn!),
      headers: readPairs(guest, hp!, hn!),
      grpcStatus: grpc! | 0,
    };
    if (code! < 200 || code! > 599) guest.note("S16", `local reply code ${code} outside 200–599`);
    else if ((code === 204 || code === 304) && bn! > 0)
      guest.note("S16", `local reply ${code} with a body`);
    return guest.acting()?.sendLocalResponse(reply) ?? Ok;
  }),
  proxy_set_effective_context: call(1, (guest, id) =>
    guest.setEffective(id! >>> 0) ? Ok : BadArgument,
  ),
  proxy_done: call(0, (guest) => guest.done()),
};

/** Compatibility shims every module built by old toolchains may import. */
export const compatCalls: HostFunctions = {
  pthread_equal: {
    params: "ii",
    results: "i",
    run: (_g, a: number, b: number) => (a === b ? 1 : 0),
  },
  emscripten_notify_memory_growth: { params: "i", results: "", run: () => undefined },
  envoy_resolve_dns: call(3, (guest, p, n, tokenOut) => {
    if (!readable(guest, p!, n!, tokenOut!, 4)) return InvalidMemoryAccess;
    const root = guest.acting()?.root;
    if (!root) return Ok;
    const name = guest.memory.text(p!, n!);
    // The token is there before the answer, which for an address comes within the call.
    return root.resolve(name, (token) => putU32(guest, tokenOut!, token));
  }),
};
