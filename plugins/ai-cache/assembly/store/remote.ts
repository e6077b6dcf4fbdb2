import { Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { Store, StoreCalls, StoreCommand, StoreFailure, StoreReply } from "@ai-gateway-wasm/store";
import { Breaker } from "@ai-gateway-wasm/store/assembly/breaker";
import { GetValue } from "@ai-gateway-wasm/store/values";
import { CacheKey } from "../key/cache-key";
import { createdMsOf } from "../replay/record";
import { Trouble } from "../trouble";
import { AnswerStore, Finding, NOTHING } from "./store";
import { StoreAnswer } from "./store-answer";
import { Storing } from "./storing";

const GET: i32 = 1;

/** Redis, through Higress or over HTTP. Any trouble is a miss. */
@final
export class RemoteStore extends AnswerStore {
  private readonly trouble: Trouble = new Trouble("exact cache: store");

  constructor(
    private readonly store: Store,
    /** The store's: it is told of what the store cannot know. */
    private readonly breaker: Breaker,
    /** 0: for ever. */
    private readonly ttlSeconds: i64,
    private readonly log: PluginLog,
    salt: Slice,
  ) {
    super(salt);
  }

  override get isRemote(): bool {
    return true;
  }

  override find(calls: StoreCalls, key: CacheKey, nowMs: i64, _oldestMs: i64): Finding | null {
    const reply = this.store.ask(calls, new GetValue(GET, key.remote));
    return reply === null ? null : this.read(calls, reply, key, nowMs);
  }

  override read(_calls: StoreCalls, reply: StoreReply, _key: CacheKey, _nowMs: i64): Finding {
    if (reply.hasFailed) return new Finding(null, 0, this.judge(reply));
    return reply.isNull ? NOTHING : new Finding(reply.value, createdMsOf(reply.value));
  }

  override findHere(_key: CacheKey, _nowMs: i64): Finding {
    return NOTHING;
  }

  override put(
    calls: StoreCalls,
    key: CacheKey,
    value: Slice,
    _createdMs: i64,
    _nowMs: i64,
    storing: Storing | null,
  ): void {
    const command = new StoreAnswer(this, key.remote, value, this.ttlSeconds, storing);
    const reply = this.store.ask(calls, command);
    if (reply !== null) command.settle(reply);
  }

  /** Says in the log what is wrong. @returns true: a call failed; false: it did not, or none was made */
  judge(reply: StoreReply): bool {
    // Nothing was sent while the breaker is open: no new failure.
    if (!reply.hasFailed || reply.failure == StoreFailure.Open) return false;
    this.trouble.tell(this.log, untilQuote(reply.cause));
    return true;
  }

  /** Whether it can be said when what was stored at a time, 0: unknown, is no longer there. */
  knowsEnd(createdMs: i64): bool {
    return createdMs > 0 || this.ttlSeconds == 0;
  }

  /** Milliseconds that Redis will have what was stored at a time that is known, unless it is for ever. */
  timeLeft(createdMs: i64, nowMs: i64): i64 {
    const ttlMs = this.ttlSeconds * 1000;
    return ttlMs == 0 ? i64.MAX_VALUE : min(ttlMs, createdMs + ttlMs - nowMs);
  }

  /** An answer that nobody waited for any longer: the store is as good as silent. */
  override giveUp(): void {
    this.breaker.note(StoreFailure.Timeout);
    this.trouble.tell(this.log, "no answer within lookupDeadlineMs");
  }

  /** Asks it anything. @param calls of the root: nobody waits. @returns false: no answer will come */
  ask(calls: StoreCalls, command: StoreCommand): bool {
    return this.store.ask(calls, command) === null;
  }
}

/** What Redis complains of it quotes, and that may be a question: `ERR unknown command 'get', with args …`. */
function untilQuote(text: string): string {
  let end = 0;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit == 0x22 || unit == 0x27 || unit == 0x60 || unit == 0x5b) break;
  }
  return text.substring(0, end).trimEnd();
}
