import { numberOf } from "@ai-gateway-wasm/as-json";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { TokenWeights } from "./usage/weights";

const MAX_WEIGHT: f64 = 1_000_000;

/**
 * Reads `input`, `cached_input`, `cache_creation`, `output` and `reasoning`. What is left out weighs
 * as much as what it is part of.
 *
 * @param fallback what `input` and `output` weigh when they are left out
 */
export function readWeights(config: ConfigReader, fallback: f64 = 1): TokenWeights {
  const input = readWeight(config, "input", fallback);
  const output = readWeight(config, "output", fallback);
  return new TokenWeights(
    input,
    readWeight(config, "cached_input", input),
    readWeight(config, "cache_creation", input),
    output,
    readWeight(config, "reasoning", output),
  );
}

function readWeight(config: ConfigReader, field: string, fallback: f64): f64 {
  const value = config.find(field);
  if (value === null || value.isNull) return fallback;
  const weight = value.isNumber ? numberOf(value) : -1;
  if (weight >= 0 && weight <= MAX_WEIGHT) return weight;
  config.refuse(field, "must be a number from 0 to 1000000");
  return fallback;
}
