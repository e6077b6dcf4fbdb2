import { StoreReply, StoreStream } from "@ai-gateway-wasm/store";
import { HeadersAction } from "proxy-wasm-as";
import { Reply } from "./replies";

/** A request that may be answered here. */
export abstract class QuotaStream extends StoreStream {
  /** The host did not take our answer: the request must never go on. */
  protected isStuck: bool = false;

  override onStoreReply(_reply: StoreReply): void {}

  /**
   * Answers in place of the upstream. The number is what the peer's callbacks return then; hosts
   * ignore it.
   *
   * @param headers serialised pairs; the reply's own by default
   */
  protected answer(reply: Reply, action: HeadersAction = HeadersAction.Continue): HeadersAction {
    if (!this.sendLocalReply(reply.status, reply.headers(), reply.body, reply.details)) {
      this.isStuck = true;
      return HeadersAction.StopAllIterationAndWatermark;
    }
    this.finish();
    return action;
  }
}
