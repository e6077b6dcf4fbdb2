import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { monotonicNs, randomU64 } from "proxy-wasm-as";
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
 * How long a command may be sent again whose answer did not come. A store notes for a minute that it ran;
 * the rest is for the way there.
 */
const REPEATED_NS: u64 = 50000000000;

/**
 * One question to a store, and the same meaning in both languages: as a Redis command, and as work
 * on shared data. A command is asked once; `Reserve` and `ReserveBalance` are kept, because
 * settling needs them.
 */
export abstract class StoreCommand {
  residence: Residence = Residence.Anywhere;
  /** Nobody knows whether it ran. */
  isUnsure: bool = false;
  /** What the store notes it by when it runs; 0: the store notes nothing. */
  private onceId: i64 = 0;
  /** When it was first sent. */
  private onceNs: u64 = 0;

  constructor(
    /** What the asker knows the answer by. */
    public tag: i32,
    /** It can arrive twice: it only asks, or `words` sees to it. */
    readonly isRepeatable: bool = false,
  ) {}

  /**
   * The Redis command, its name in lower case. Null: there is nothing to do, no call is made.
   *
   * @param isResent it may arrive twice, and then has to do what it does once
   */
  abstract words(isResent: bool): Slice[] | null;

  /** For `words`: the same each time, and no other command's. 0: it does not arrive twice. */
  protected once(isResent: bool): i64 {
    if (isResent && this.onceId == 0) {
      this.onceNs = monotonicNs();
      // The clock, for a host without random numbers.
      this.onceId = <i64>(randomU64() ^ this.onceNs);
    }
    return this.onceId;
  }

  /** True while it can be sent again: it did not run, or the store will know that it did. */
  get mayArriveAgain(): bool {
    if (!this.isUnsure) return true;
    return this.onceId != 0 && monotonicNs() - this.onceNs < REPEATED_NS;
  }

  /** What Redis' answer means; it is no error. */
  abstract read(answer: RedisReply): StoreReply;

  /** Does it in shared data; the answer is there at once. */
  abstract runShared(space: SharedSpace): StoreReply;

  /** How peers put it that this command failed because of `cause`. */
  explain(cause: string): string {
    return cause;
  }
}
