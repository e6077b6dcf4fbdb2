import { TokenUsage } from "./token-usage";

/** Weights are kept in millionths: sums are exact, 30 tokens at 0.1 are 3 and not a little more. */
const ONE: i64 = 1_000_000;
const MAX_WEIGHT: f64 = 1_000_000;

/**
 * What one token of each kind counts (token-rate-limit contract 7.6): decimals with up to six
 * places, from 0 to 10^6. With all of them 1 the result is what the provider bills.
 */
@final
export class TokenWeights {
  private readonly input: i64;
  private readonly cachedInput: i64;
  private readonly cacheCreation: i64;
  private readonly output: i64;
  private readonly reasoning: i64;

  /**
   * @param input prompt tokens that came from no cache, those of tools included
   * @param cachedInput prompt tokens read from a cache
   * @param cacheCreation prompt tokens written to a cache
   * @param output tokens of the answer
   * @param reasoning tokens the model thought with
   */
  constructor(input: f64, cachedInput: f64, cacheCreation: f64, output: f64, reasoning: f64) {
    this.input = millionths(input);
    this.cachedInput = millionths(cachedInput);
    this.cacheCreation = millionths(cacheCreation);
    this.output = millionths(output);
    this.reasoning = millionths(reasoning);
  }

  /** The weighted sum of all tokens of a response, each counted once, rounded up. */
  weigh(usage: TokenUsage): i64 {
    let input = usage.input;
    let cached = usage.cachedInput;
    let creation = usage.cacheCreation;
    if (usage.statesTotal) {
      // Cache tokens are inside the input, whatever they are called.
      cached = min(max(cached, usage.cacheRead), input);
      creation = min(creation, input - cached);
      input -= cached + creation;
    } else {
      cached = min(cached, input);
      input -= cached;
      cached += usage.cacheRead;
    }
    input += usage.toolUsePrompt;
    const reasoning = min(usage.reasoning, usage.output);
    const output = usage.output - reasoning;
    // What a total has beyond its parts was thought (Gemini behind its OpenAI interface).
    const thought = reasoning + usage.thoughts + usage.billed - usage.sum;
    const sum = new WeightedSum();
    sum.add(input, this.input);
    sum.add(cached, this.cachedInput);
    sum.add(creation, this.cacheCreation);
    sum.add(output, this.output);
    sum.add(thought, this.reasoning);
    return sum.roundedUp;
  }
}

/**
 * A sum of counts times weights. Whole and fraction apart, so that 64 bits hold it: all counts of a
 * response together are below 10^13, a weight is at most 10^6 and 10^6 millionths make one.
 */
@final
class WeightedSum {
  private whole: i64 = 0;
  private millionths: i64 = 0;

  add(count: i64, weight: i64): void {
    this.whole += count * (weight / ONE);
    this.millionths += count * (weight % ONE);
  }

  get roundedUp(): i64 {
    return this.whole + (this.millionths + ONE - 1) / ONE;
  }
}

function millionths(weight: f64): i64 {
  return weight > 0 ? <i64>nearest(min(weight, MAX_WEIGHT) * <f64>ONE) : 0; // NaN is not above 0
}
