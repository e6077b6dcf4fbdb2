import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { StoreReply } from "./reply";
import { SharedSpace } from "./shared-data/space";

/** Where a command can be answered. */
export const enum Residence {
  /** In the back end; while that fails, in the fallback of `fail_mode: local`. */
  Anywhere,
  /** It corrects what the back end holds, or is about nothing else. */
  Backend,
  /** It corrects what the fallback holds. */
  Fallback,
}

/**
 * One question to a store, and the same meaning in both languages: as a Redis command, and as work
 * on shared data. A command is asked once; `Reserve` and `ReserveBalance` are kept, because
 * settling needs them.
 */
export abstract class StoreCommand {
  residence: Residence = Residence.Anywhere;

  constructor(
    /** What the asker knows the answer by. */
    readonly tag: i32,
    /** It can arrive twice: it only asks, or `words` sees to it. */
    readonly isRepeatable: bool = false,
  ) {}

  /**
   * The Redis command, its name in lower case. Null: there is nothing to do, no call is made.
   *
   * @param isResent it may arrive twice, and then has to do what it does once
   */
  abstract words(isResent: bool): Slice[] | null;

  /** What Redis' answer means; it is no error. */
  abstract read(answer: RedisReply): StoreReply;

  /** Does it in shared data; the answer is there at once. */
  abstract runShared(space: SharedSpace): StoreReply;

  /** How peers put it that this command failed because of `cause`. */
  explain(cause: string): string {
    return cause;
  }
}
