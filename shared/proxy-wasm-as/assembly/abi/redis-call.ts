import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { redisCallouts } from "../dispatch/callouts";
import { beginCallback, endCallback } from "../dispatch/cycle";
import { findRoot } from "../dispatch/roots";
import { dropStream, findStream } from "../dispatch/streams";
import { redisReply } from "../host/redis";

/** A Redis reply arrives on the root context, like the answer to an HTTP call. */
export function proxy_on_redis_call_response(
  rootId: u32,
  token: u32,
  status: i32,
  size: i32,
): void {
  const callout = redisCallouts.take(token);
  if (callout === null) return;
  const owner = callout.owner; // the collector may take the call-out when the callback begins
  const tag = callout.tag;
  const stream = findStream(owner);
  beginCallback(rootId);
  const bytes = status == 0 ? redisReply.read(0, size) : null;
  // A reply that cannot be read is an empty one, which no Redis ever sends (host.md 5.8).
  const failed = status != 0;
  const reply: Slice = bytes === null ? NO_BYTES : bytes;
  const root = owner == rootId ? findRoot(rootId) : null;
  if (root !== null) {
    root.onRedisReply(tag, failed, reply);
  } else if (stream !== null && (stream.lingers || stream.reach())) {
    stream.onRedisReply(tag, failed, reply);
    if (stream.isFinished) dropStream(stream.id);
  }
  endCallback();
}
