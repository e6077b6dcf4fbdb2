import { Slice } from "@ai-gateway-wasm/bytes";
import { PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpCallResponse } from "proxy-wasm-as";
import { StoreCalls } from "./calls";
import { StoreReply } from "./reply";

/**
 * The root of a plugin with a store. What is asked with its `calls` is answered after the stream
 * that caused it is gone, so charges and settlements belong here; a repetition after a lost login
 * included. A configuration that is replaced stays until they are answered: gateways cancel the calls
 * of a root that is gone. The plugin's `index.ts` re-exports `proxy_on_done` for that.
 */
export abstract class StoreRoot<C> extends PluginRoot<C> {
  readonly calls: StoreCalls;
  /** Only the answers that are still to come keep it. */
  private isLeaving: bool = false;

  constructor(id: u32, name: string) {
    super(id, name);
    this.calls = new StoreCalls(id);
  }

  /** The answer to a command that was asked with `calls`. */
  onStoreReply(_reply: StoreReply): void {}

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    this.take(this.calls.receiveHttp(tag, response));
  }

  override onRedisReply(tag: i32, failed: bool, bytes: Slice): void {
    this.take(this.calls.receiveRedis(tag, failed, bytes));
  }

  override onDone(): bool {
    this.isLeaving = this.calls.pending > 0;
    return !this.isLeaving;
  }

  private take(reply: StoreReply | null): void {
    if (reply === null) return;
    this.onStoreReply(reply);
    if (this.isLeaving && this.calls.pending == 0) this.letGo();
  }
}
