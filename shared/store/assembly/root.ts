import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpCallResponse } from "proxy-wasm-as";
import { StoreCalls } from "./calls";
import { StoreReply } from "./reply";

/**
 * The root of a plugin with a store. What is asked with its `calls` is answered after the stream
 * that caused it is gone; a repetition after a lost login included. Gateways cancel them with the
 * root's configuration.
 */
export abstract class StoreRoot<C> extends PluginRoot<C> {
  readonly calls: StoreCalls;

  constructor(id: u32, name: string) {
    super(id, name);
    this.calls = new StoreCalls(id);
  }

  /** Peers' messages do not say which rule they are about: a line of its own does. */
  protected override configureRules(document: ConfigReader, rules: ConfigReader[]): void {
    const errors = document.errors;
    for (let i = 0; i < rules.length && !errors.any; i++) {
      super.configureRules(document, [rules[i]]);
      const path = rules[i].path;
      const isPlaced = errors.isPlaced || errors.message.startsWith(path);
      if (errors.any && !isPlaced) this.log.warn("refused: " + path);
    }
  }

  /** The answer to a command that was asked with `calls`. */
  onStoreReply(_reply: StoreReply): void {}

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    this.take(this.calls.receiveHttp(tag, response));
  }

  override onRedisReply(tag: i32, failed: bool, bytes: Slice): void {
    this.take(this.calls.receiveRedis(tag, failed, bytes));
  }

  /** @param reply null: it is not there yet */
  protected take(reply: StoreReply | null): void {
    if (reply !== null) this.onStoreReply(reply);
  }
}

/**
 * One whose calls must not be lost, such as charges and settlements: a configuration that is replaced
 * stays until they are answered. The plugin's `index.ts` re-exports `proxy_on_done` for that.
 */
export abstract class LastingStoreRoot<C> extends StoreRoot<C> {
  /** Only the answers that are still to come keep it. */
  private isLeaving: bool = false;

  override onDone(): bool {
    this.isLeaving = this.calls.pending > 0;
    return !this.isLeaving;
  }

  protected override take(reply: StoreReply | null): void {
    super.take(reply);
    if (this.isLeaving && reply !== null && this.calls.pending == 0) this.letGo();
  }
}
