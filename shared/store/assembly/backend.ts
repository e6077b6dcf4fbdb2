import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls } from "./calls";
import { StoreCommand } from "./command";
import { StoreReply } from "./reply";
import { Store } from "./store";

/** Where a store keeps things. One file per back end. */
export abstract class Backend {
  /**
   * Runs a command.
   *
   * @param store what the pending call has to come back to
   * @returns null when the answer comes later, through `calls`
   */
  abstract run(calls: StoreCalls, command: StoreCommand, store: Store): StoreReply | null;

  /**
   * Which store it is, whatever is used to get in: commands for it may be handed to any back end with the
   * same. Memory of its own.
   */
  abstract get identity(): Slice;

  /** False until the gateway knows how to connect (`proxy_redis_init`); it is tried again. */
  get isReady(): bool {
    return true;
  }
}
