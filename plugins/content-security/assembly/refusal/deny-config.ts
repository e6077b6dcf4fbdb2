import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";

/** 很抱歉，我无法回答您的问题 */
export const BUILT_IN_MESSAGE: Slice = bytes("很抱歉，我无法回答您的问题");

/** What refusals say. */
@final
export class DenyConfig {
  constructor(
    /** Of the answer to a refused request. */
    readonly status: i32,
    /** As configured; may be empty. */
    readonly configured: Slice,
  ) {}

  /** The text for people: as configured, else in the judge's words, else in ours. */
  textFor(denial: Denial): Slice {
    if (!this.configured.isEmpty) return this.configured;
    const judgement = denial.judgement;
    if (judgement !== null && !judgement.message.isEmpty) return judgement.message;
    return BUILT_IN_MESSAGE;
  }
}
