import { Slice } from "@ai-gateway-wasm/bytes";
import { BufferType, Status } from "../abi/enums";
import { proxy_redis_call, proxy_redis_init } from "../abi/imports-higress";
import { Callout, redisCallouts } from "../dispatch/callouts";
import { clearOut, OUT_NUMBER, takeNumber } from "../memory/out";
import { HostBuffer } from "./body";

/** The reply of the running Redis callback, RESP2 bytes. */
export const redisReply: HostBuffer = new HostBuffer(BufferType.RedisReply);

/**
 * Configures the connections of a cluster. The host keeps one configuration per worker and
 * cluster, the last call wins (host.md 5.8). Higress build only.
 *
 * @param service cluster name, with `?db=<n>` for a database other than 0
 */
export function redisInit(
  service: Slice,
  username: Slice,
  password: Slice,
  timeoutMs: i32,
): Status {
  return proxy_redis_init(
    service.ptr,
    service.length,
    username.ptr,
    username.length,
    password.ptr,
    password.length,
    timeoutMs,
  );
}

/**
 * Sends one command; the reply reaches `onRedisReply(tag, …)` of the owner. Higress build only.
 *
 * @param service cluster name without parameters
 * @param command RESP2 array of bulk strings
 * @returns Ok, or why no reply will come: BadArgument (unknown cluster), InternalFailure (no host)
 */
export function redisCall(owner: u32, tag: i32, service: Slice, command: Slice): Status {
  clearOut();
  const status = <Status>(
    proxy_redis_call(service.ptr, service.length, command.ptr, command.length, OUT_NUMBER)
  );
  if (status == Status.Ok) redisCallouts.set(takeNumber(), new Callout(owner, tag));
  return status;
}
