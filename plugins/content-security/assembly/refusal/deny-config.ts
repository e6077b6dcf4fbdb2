import { bytes, Slice } from "@ai-gateway-wasm/bytes";

/** 很抱歉，我无法回答您的问题 */
const BUILT_IN: Slice = bytes("很抱歉，我无法回答您的问题");

/** What refusals say. */
@final
export class DenyConfig {
  constructor(
    /** Of the answer to a refused request. */
    readonly status: i32,
    /** As configured; may be empty. */
    readonly configured: Slice,
  ) {}

  /** The text for people. */
  get text(): Slice {
    return this.configured.isEmpty ? BUILT_IN : this.configured;
  }
}
