import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** No provider stated a total. */
const NO_TOTAL: i64 = -1;

/**
 * What one response used, in tokens. Every number is from 0 to 10^12; what the response did not
 * say is 0. Providers count in two ways, which `billed` and `TokenWeights` put right:
 *
 *   OpenAI      input ⊇ cached input                   output ⊇ reasoning
 *   Anthropic   input + cache creation + cache read    output
 *   Gemini      input ⊇ cached input, + tool prompt    output + thoughts
 */
@final
export class TokenUsage {
  /** Model that answered; empty when the response names none. */
  model: Slice = NO_BYTES;
  /** Id of the response; empty when it has none. */
  chatId: Slice = NO_BYTES;

  input: i64 = 0;
  output: i64 = 0;
  /** What Higress calls the total: the provider's, else input, output and cache tokens of one event. */
  total: i64 = 0;
  /** Total as the provider stated it last, or -1. */
  statedTotal: i64 = NO_TOTAL;

  /** Part of `input` that came from a cache (OpenAI, Gemini). */
  cachedInput: i64 = 0;
  /** Beside `input`: written to a cache (Anthropic). */
  cacheCreation: i64 = 0;
  /** Beside `input`: read from a cache (Anthropic). */
  cacheRead: i64 = 0;
  /** Beside `input`: results of the provider's own tools (Gemini). */
  toolUsePrompt: i64 = 0;
  /** Part of `output` (OpenAI). */
  reasoning: i64 = 0;
  /** Beside `output` (Gemini). */
  thoughts: i64 = 0;

  /** The provider's details of `input`, a JSON object; empty: none. */
  inputDetails: Slice = NO_BYTES;
  /** The same of `output`. */
  outputDetails: Slice = NO_BYTES;

  /** What Higress charges: input and output as the provider names them (contract A.3). */
  get charged(): i64 {
    return this.input + this.output;
  }

  /** What the provider bills: all tokens, none twice (contract A.5). */
  get billed(): i64 {
    return max(this.sum, this.statedTotal);
  }

  /**
   * All tokens that the response names. A provider that states a total counts its cache tokens
   * inside the input, whatever they are called.
   */
  get sum(): i64 {
    const all = this.input + this.output + this.toolUsePrompt + this.thoughts;
    return this.statesTotal ? all : all + this.cacheCreation + this.cacheRead;
  }

  get statesTotal(): bool {
    return this.statedTotal != NO_TOTAL;
  }

  /** The same numbers in an object of its own. Shares the bytes of texts, which never change. */
  copy(): TokenUsage {
    const copy = new TokenUsage();
    memory.copy(changetype<usize>(copy), changetype<usize>(this), offsetof<TokenUsage>());
    return copy;
  }
}

/** Of a response that has not said what it used. Never to be changed. */
export const NO_USAGE: TokenUsage = new TokenUsage();
