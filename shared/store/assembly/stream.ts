import { Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse, HttpContext } from "proxy-wasm-as";
import { StoreCalls } from "./calls";
import { StoreReply } from "./reply";

/**
 * A stream that asks a store. The plugin's `index.ts` re-exports `proxy_on_http_call_response`
 * (the Higress build: `proxy_on_redis_call_response` as well).
 *
 * A plugin with HTTP calls of its own gives them tags below `STORE_TAGS`, overrides
 * `onHttpCallResponse` and hands what is not its own to `super`.
 */
export abstract class StoreStream extends HttpContext {
  /** Commands whose answers this stream waits for. */
  protected readonly calls: StoreCalls;

  constructor(id: u32) {
    super(id);
    this.calls = new StoreCalls(id);
  }

  /** The answer to a command that was asked with `calls`. Not called once the stream is gone. */
  abstract onStoreReply(reply: StoreReply): void;

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const reply = this.calls.receiveHttp(tag, response);
    if (reply !== null) this.onStoreReply(reply);
  }

  override onRedisReply(tag: i32, failed: bool, bytes: Slice): void {
    const reply = this.calls.receiveRedis(tag, failed, bytes);
    if (reply !== null) this.onStoreReply(reply);
  }
}
