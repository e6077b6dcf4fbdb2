import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisClient } from "./redis-client";
import { RedisReply } from "./redis-reply";
import { parseReply } from "./resp";

const NO_LOGIN: Slice = bytes("NOAUTH Authentication required");

/** A command that was sent and not answered yet. */
@final
class RedisCall {
  isRepeated: bool = false;

  constructor(
    readonly client: RedisClient,
    /** The caller's tag. */
    readonly tag: i32,
    /** RESP2 bytes, for the one repetition after a new login. */
    readonly command: Slice,
  ) {}
}

/**
 * The running Redis commands of one stream or root. A field of their owner, so that what the host
 * never answers to a stream that is gone, goes with it.
 *
 *   override onRedisReply(id: i32, failed: bool, bytes: Slice): void {
 *     const reply = this.calls.receive(id, failed, bytes);
 *     if (reply === null) return; // was sent again
 *     switch (reply.tag) …
 */
@final
export class RedisCalls {
  /** By the number that serves as tag of the host call; freed numbers are used again. */
  private readonly running: (RedisCall | null)[] = [];

  /** @param owner id of the stream or root that waits for the replies */
  constructor(readonly owner: u32) {}

  /** Number of commands without a reply. */
  get pending(): i32 {
    let count = 0;
    for (let i = 0; i < this.running.length; i++) {
      if (this.running[i] !== null) count++;
    }
    return count;
  }

  /** Sends for `RedisClient`. @returns null when it was sent, else why not */
  start(client: RedisClient, tag: i32, command: Slice): string | null {
    const id = this.freeId();
    const error = client.dispatch(this.owner, id, command);
    if (error === null) this.running[id] = new RedisCall(client, tag, command);
    return error;
  }

  /**
   * What a reply means. Null: nothing yet, the command was sent again after a new login (or the
   * reply belongs to none of these commands).
   *
   * @param id, failed, bytes as `onRedisReply` got them
   */
  receive(id: i32, failed: bool, bytes: Slice): RedisReply | null {
    if (isDefined(HIGRESS)) {
      return this.take(id, failed, bytes);
    } else {
      return null;
    }
  }

  private take(id: i32, failed: bool, bytes: Slice): RedisReply | null {
    const call = <u32>id < <u32>this.running.length ? this.running[id] : null;
    if (call === null) return null;
    const reply = read(failed, bytes);
    if (!call.isRepeated && needsLogin(reply) && call.client.login()) {
      call.isRepeated = true;
      if (call.client.dispatch(this.owner, id, call.command) === null) return null;
    }
    this.running[id] = null;
    reply.tag = call.tag;
    return reply;
  }

  private freeId(): i32 {
    for (let i = 0; i < this.running.length; i++) {
      if (this.running[i] === null) return i;
    }
    this.running.push(null);
    return this.running.length - 1;
  }
}

/** The parsed reply, or an error value with one of the three texts of host.md 5.8. */
function read(failed: bool, bytes: Slice): RedisReply {
  if (failed) return RedisReply.error("cannot connect to redis cluster");
  if (bytes.isEmpty) return RedisReply.error("cannot get redis response");
  const reply = parseReply(bytes);
  return reply === null ? RedisReply.error("cannot read redis response") : reply;
}

/** A wrong or missing login shows on the first command: the host ignores the answer to AUTH. */
function needsLogin(reply: RedisReply): bool {
  return reply.isError && reply.text.find(NO_LOGIN) >= 0;
}
