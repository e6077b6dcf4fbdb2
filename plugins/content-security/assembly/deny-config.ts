import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/** What stands in `content` of a refusal (content-security.md 4.5, decision 11.1). */
export const enum DenyFormat {
  /** The deny object as a text. */
  Legacy,
  /** The text, and the deny object beside it. */
  Structured,
  /** The text alone. */
  Message,
}

const FORMATS: string[] = ["legacy", "structured", "message"];
const FORMAT_FIELD: string = "openAIDenyResponseFormat";
const ORIGINAL: Slice = bytes("original");
/** 很抱歉，我无法回答您的问题 */
const BUILT_IN: Slice = bytes("很抱歉，我无法回答您的问题");

/** How requests are refused. */
@final
export class DenyConfig {
  /** Of the answer to a refused request. */
  readonly status: i32;
  /** As configured; may be empty. */
  readonly configured: Slice;
  /** Plain JSON in place of a chat completion. */
  readonly isOriginal: bool;
  readonly format: DenyFormat;

  /** @param fallback the format of the configuration's dialect */
  constructor(config: ConfigReader, fallback: DenyFormat) {
    this.status = <i32>config.integer("denyCode", 200);
    this.configured = config.text("denyMessage");
    this.isOriginal = config.text("protocol").equals(ORIGINAL);
    this.format = config.choice(FORMAT_FIELD, FORMATS, fallback);
  }

  /** The text for people. */
  get text(): Slice {
    return this.configured.isEmpty ? BUILT_IN : this.configured;
  }
}
