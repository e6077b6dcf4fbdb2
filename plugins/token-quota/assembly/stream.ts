import { Reply } from "@ai-gateway-wasm/llm/refusal";
import { StoreReply, StoreStream } from "@ai-gateway-wasm/store";
import { HeadersAction, PairsBuilder } from "proxy-wasm-as";

/** A request that may be answered here. */
export abstract class QuotaStream extends StoreStream {
  override onStoreReply(_reply: StoreReply): void {}

  /**
   * Answers in place of the upstream. Hosts ignore the number after that; it is the peer's.
   *
   * @param headers those of the reply, and maybe more
   */
  protected answer(reply: Reply, headers: PairsBuilder = reply.headers()): HeadersAction {
    if (!this.sendLocalReply(reply.status, headers.build(), reply.body, reply.details)) {
      return HeadersAction.StopAllIterationAndWatermark;
    }
    this.finish();
    return HeadersAction.Continue;
  }
}
