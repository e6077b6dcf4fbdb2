import { ConfigReader } from "@ai-gateway-wasm/kit";
import { MAX_COUNT } from "./usage/count";

/**
 * How many tokens bytes stand for, where nobody has counted them (token-rate-limit contract 7.5): of
 * a request before it is sent, of a response that does not say what it used.
 */
@final
export class Estimate {
  private bytesPerToken: i64 = 4;
  /** Tokens of an answer that nobody has seen yet. */
  completionTokens: i64 = 256;

  /** Reads `bytes_per_token` and `default_completion_tokens`. */
  static read(config: ConfigReader): Estimate {
    const estimate = new Estimate();
    estimate.bytesPerToken = config.integer("bytes_per_token", 4, 1, 1000);
    estimate.completionTokens = config.integer("default_completion_tokens", 256, 0, 10_000_000);
    return estimate;
  }

  /** @param bytes length of a text or body; negative: unknown, and counted as none */
  tokensOf(bytes: i64): i64 {
    return min((max(0, bytes) + this.bytesPerToken - 1) / this.bytesPerToken, MAX_COUNT);
  }
}
