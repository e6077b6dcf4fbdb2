import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { StoreCommand } from "./command";

/** Why there is no answer. */
export const enum StoreFailure {
  None,
  /** The gateway would not send it: unknown cluster, no healthy host. */
  Dispatch,
  /** The connection failed or broke. */
  Connection,
  /** Nothing came in time. */
  Timeout,
  /** Something came: an error, or no answer to this command. */
  Reply,
  /** The breaker is open: nothing was sent. */
  Open,
  /** Shared data kept changing under our hands (token-rate-limit.md 7.3: 32 attempts). */
  Contention,
}

/** What a store says about one bucket. */
@final
export class BucketState {
  constructor(
    /** The threshold as the reply has it; in compat it is the reply's that is compared. */
    readonly limit: i64,
    /** Tokens charged in the window. For `Reserve`: the admitted amount included. */
    readonly used: i64,
    /** Seconds until the window ends. */
    readonly ttlSeconds: i64,
    /** How many numbers the reply had for this bucket; 3 unless the counter is damaged. */
    readonly size: i32 = 3,
  ) {}

  /** False for a damaged counter, such as one that holds text: the other fields are 0. */
  get isReadable(): bool {
    return this.size == 3;
  }
}

/** Of `CROSSSLOT Keys in request don't hash to the same slot`; proxies put it in other words. */
const SAME_SLOT: string = "same slot";

/** No bucket was asked for. Never to be changed. */
export const NO_STATES: BucketState[] = [];

/**
 * The answer to one command. Bytes are the host's: valid until the callback returns.
 */
@final
export class StoreReply {
  /** What was asked. Null only in the hands of the back end. */
  command: StoreCommand | null = null;
  /** Text, or the digits of a number; no bytes for null. */
  value: Slice = NO_BYTES;
  /** `GetValue`: the key is missing. `SetValue` with `ifAbsent`: the key was there. */
  isNull: bool = false;
  /** One per bucket, in their order. Empty on failure. */
  states: BucketState[] = NO_STATES;
  /** `Reserve`, `ReserveBalance`: which bucket or balance denies, -1 for none. */
  denied: i32 = -1;
  /** Answered by the fallback of `fail_mode: local`. */
  isLocal: bool = false;
  failure: StoreFailure = StoreFailure.None;
  /** Something answered in place of the store: a proxy's error, a page. */
  isForeign: bool = false;
  /**
   * Null: all went well. Else the text that peers log or show, such as
   * `redis response length mismatch: got 0, want 2`, `error status returned by host: bad argument`,
   * or Redis' own.
   */
  error: string | null = null;
  /** What really happened, for logs; the same as `error` where peers say it. With `isLocal`: why. */
  cause: string = "";

  /** With what peers say as `cause`, too. */
  static failed(failure: StoreFailure, error: string): StoreReply {
    const reply = new StoreReply();
    reply.failure = failure;
    reply.error = error;
    reply.cause = error;
    return reply;
  }

  static ofStates(states: BucketState[], denied: i32 = -1): StoreReply {
    const reply = new StoreReply();
    reply.states = states;
    reply.denied = denied;
    return reply;
  }

  /** @param value null: the key is missing */
  static ofValue(value: Slice | null): StoreReply {
    const reply = new StoreReply();
    if (value === null) reply.isNull = true;
    else reply.value = value;
    return reply;
  }

  /** The tag of the command. */
  get tag(): i32 {
    const command = this.command;
    return command === null ? 0 : command.tag;
  }

  get hasFailed(): bool {
    return this.error !== null;
  }

  /** The way to the store or back broke: nobody knows whether the command ran. */
  get isUnsure(): bool {
    return this.failure == StoreFailure.Connection || this.failure == StoreFailure.Timeout;
  }

  /** The keys of the call are in several slots of a Redis Cluster: it did nothing. */
  get spansSlots(): bool {
    return this.cause.includes(SAME_SLOT);
  }

  /** The value as a number; 0 for null and for text that is none, as peers read it. */
  get integer(): i64 {
    return new RedisReply(RedisType.Text, this.value).integer;
  }
}
