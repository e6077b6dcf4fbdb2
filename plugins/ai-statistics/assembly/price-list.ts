import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, matchesWildcard } from "@ai-gateway-wasm/kit";
import { readWeights, TokenUsage, TokenWeights } from "@ai-gateway-wasm/llm/weights";
import { Usage } from "./usage";

/** What the models of one entry cost. */
@final
class Price {
  constructor(
    readonly model: Slice,
    readonly weights: TokenWeights,
  ) {}
}

/**
 * `metrics.price`: what a million tokens of a model cost, in whatever currency. One token then costs
 * as many millionths, so that sums are whole numbers:
 *
 *   input 2.5, output 10;  1000 + 200 tokens ──► 4500 millionths, 0.0045 of the currency
 */
@final
export class PriceList {
  private readonly prices: Price[] = [];

  /** @param metrics the object with the field `price` */
  constructor(metrics: ConfigReader) {
    const entries = metrics.objects("price");
    for (let i = 0; i < entries.length && !metrics.errors.any; i++) {
      const entry = entries[i];
      const model = entry.text("model");
      if (!entry.value.isObject) metrics.refuse("price", "must be a list of objects");
      else if (model.isEmpty) entry.refuse("model", "must not be empty");
      else this.prices.push(new Price(model, readWeights(entry, 0)));
    }
  }

  get isEmpty(): bool {
    return this.prices.length == 0;
  }

  /**
   * What an answer costs, in millionths, rounded up; 0 for a model without a price.
   *
   * @param input tokens as they are logged, and so `output`; `usage` has their kinds
   */
  costOf(model: Slice, input: i64, output: i64, usage: Usage): i64 {
    for (let i = 0; i < this.prices.length; i++) {
      const price = this.prices[i];
      if (matchesWildcard(price.model, model)) {
        return price.weights.weigh(tokensOf(input, output, usage));
      }
    }
    return 0;
  }
}

/** The same numbers as the plugins that charge have them. */
function tokensOf(input: i64, output: i64, usage: Usage): TokenUsage {
  const tokens = new TokenUsage();
  tokens.input = input;
  tokens.output = output;
  tokens.statedTotal = usage.statedTotal;
  tokens.cachedInput = usage.cachedPrompt;
  tokens.cacheRead = usage.cacheRead;
  tokens.cacheCreation = usage.cacheWriteInput;
  tokens.toolUsePrompt = usage.toolUseInput;
  tokens.reasoning = usage.reasoning;
  tokens.thoughts = usage.thoughts;
  return tokens;
}
