import { Slice } from "@ai-gateway-wasm/bytes";
import { PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpCallResponse } from "proxy-wasm-as";
import { StoreCalls } from "./calls";
import { StoreReply } from "./reply";

/**
 * The root of a plugin with a store. What is asked with its `calls` is answered after the stream
 * that caused it is gone, so charges and settlements belong here; a repetition after a lost login
 * included.
 */
export abstract class StoreRoot<C> extends PluginRoot<C> {
  readonly calls: StoreCalls;

  constructor(id: u32, name: string) {
    super(id, name);
    this.calls = new StoreCalls(id);
  }

  /** The answer to a command that was asked with `calls`. */
  onStoreReply(_reply: StoreReply): void {}

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const reply = this.calls.receiveHttp(tag, response);
    if (reply !== null) this.onStoreReply(reply);
  }

  override onRedisReply(tag: i32, failed: bool, bytes: Slice): void {
    const reply = this.calls.receiveRedis(tag, failed, bytes);
    if (reply !== null) this.onStoreReply(reply);
  }
}
