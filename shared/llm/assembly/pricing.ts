import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { NamePattern } from "@ai-gateway-wasm/match/name-pattern";
import { readNamePattern } from "./name-patterns";
import { TokenUsage } from "./usage/token-usage";
import { TokenWeights } from "./usage/weights";
import { readWeights } from "./weights-reader";

const COUNTINGS: string[] = ["peer", "billed"];

/** Weights of the models that one entry of `model_weights` names. */
@final
class ModelWeights {
  constructor(
    readonly model: NamePattern,
    readonly weights: TokenWeights,
  ) {}
}

/**
 * What a response costs in the unit of a limit (token-rate-limit contract 7.6):
 *
 *   counting        peer | billed | {input, cached_input, cache_creation, output, reasoning}
 *   model_weights   [{model, weights}]: the first entry that fits the model takes its place
 */
@final
export class Pricing {
  /** What every token weighs; null: as `isBilled` says. */
  private weights: TokenWeights | null = null;
  private isBilled: bool = false;
  private readonly models: ModelWeights[] = [];

  /** Reads `counting` and `model_weights`. */
  constructor(config: ConfigReader) {
    const counting = config.find("counting");
    if (counting !== null && counting.isObject) {
      const reader = config.object("counting");
      if (reader !== null) this.weights = readWeights(reader);
    } else {
      this.isBilled = config.choice("counting", COUNTINGS, 0) == 1;
    }
    const entries = config.objects("model_weights");
    for (let i = 0; i < entries.length && !config.errors.any; i++) {
      const weights = entries[i].object("weights");
      const model = readNamePattern(entries[i], "model");
      if (weights === null || !weights.value.isObject) {
        entries[i].refuse("weights", "must be an object");
      } else if (model !== null) {
        this.models.push(new ModelWeights(model, readWeights(weights)));
      }
    }
  }

  /**
   * True when some response is weighed: its model and the details of its usage matter, and costs are
   * no numbers of tokens.
   */
  get hasWeights(): bool {
    return this.weights !== null || this.models.length > 0;
  }

  /** @param model whose weights count; what the response itself names, unless it names none */
  price(usage: TokenUsage, model: Slice): i64 {
    for (let i = 0; i < this.models.length; i++) {
      if (this.models[i].model.matches(model)) return this.models[i].weights.weigh(usage);
    }
    const weights = this.weights;
    if (weights !== null) return weights.weigh(usage);
    return this.isBilled ? usage.billed : usage.charged;
  }
}
