import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Backend } from "./backend";
import { Breaker } from "./breaker";
import { StoreCalls } from "./calls";
import { Residence, StoreCommand } from "./command";
import { StoreMetrics } from "./metrics";
import { StoreFailure, StoreReply } from "./reply";
import { SharedSpace } from "./shared-data/space";

/** Where a store keeps things. */
export const enum StoreKind {
  /** Shared data: this gateway, until it is restarted. */
  Shared,
  Redis,
  RedisHttp,
}

/** What a plugin does without an answer of the store (`fail_mode`). */
export const enum FailMode {
  /** The request passes. The plugin's decision: the store reports the failure. */
  Open,
  /** The request is refused. The plugin's decision as well. */
  Closed,
  /** The store answers from shared data of this gateway instead; `StoreReply.isLocal`. */
  Local,
}

/**
 * The state that the gateways of one configuration share. Made by `readStore`; belongs to a
 * configuration.
 *
 *   ask ─► breaker open? ──no──► back end ──► later, or at once ─► failed? ──no──► answer
 *             │ yes                                                   │ yes
 *             └──────────────► fail_mode local: shared data ◄─────────┘   (else the failure)
 */
@final
export class Store {
  /** A Redis Cluster: who asks for several keys does so in several calls. The asker's to find out. */
  splitsSlots: bool = false;

  constructor(
    readonly kind: StoreKind,
    private readonly backend: Backend,
    readonly failMode: FailMode,
    /** Null: every command is tried. */
    private readonly breaker: Breaker | null,
    /** Null unless `failMode` is `Local`. */
    private readonly fallback: SharedSpace | null,
    readonly metrics: StoreMetrics,
  ) {}

  /** False until the gateway knows how to connect to Redis; every command tries again. */
  get isReady(): bool {
    return this.backend.isReady;
  }

  /** Which store it is; see `Backend`. */
  get identity(): Slice {
    return new Builder().appendInteger(this.kind).append(this.backend.identity).toSlice();
  }

  /**
   * Runs a command.
   *
   * @param calls of whoever wants the answer: the stream's, or the root's for what must outlive
   *   the stream (charges, settlements)
   * @returns the answer; null: it comes later, to `onStoreReply` of the owner of `calls`. A failure
   *   may be reported either way.
   */
  ask(calls: StoreCalls, command: StoreCommand): StoreReply | null {
    if (command.residence == Residence.Fallback && this.kind != StoreKind.Shared) {
      const fallback = this.fallback;
      // Without one it is of an earlier configuration, and what it corrects is gone.
      return fallback === null ? new StoreReply() : this.askFallback(command, fallback);
    }
    const breaker = this.breaker;
    const reply =
      breaker !== null && !breaker.lets()
        ? StoreReply.failed(StoreFailure.Open, "the breaker is open")
        : this.backend.run(calls, command, this);
    return reply === null ? null : this.judge(command, reply);
  }

  /** Takes note of what came out of the back end, or did not. Only for `StoreCalls`. */
  judge(command: StoreCommand, reply: StoreReply): StoreReply {
    const failure = reply.failure;
    const breaker = this.breaker;
    if (breaker !== null && failure != StoreFailure.Open) {
      breaker.note(reply.isForeign ? StoreFailure.Connection : failure);
    }
    reply.command = command;
    if (!reply.hasFailed) return reply;
    this.metrics.countFailure(failure);
    const fallback = this.fallback;
    if (fallback === null || command.residence != Residence.Anywhere) return reply;
    const local = this.askFallback(command, fallback);
    local.cause = reply.cause;
    return local;
  }

  private askFallback(command: StoreCommand, fallback: SharedSpace): StoreReply {
    const reply = command.runShared(fallback);
    reply.isLocal = true;
    reply.command = command;
    return reply;
  }
}
