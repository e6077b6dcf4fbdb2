import { JsonValue, numberOf, parseNumber, stringOf } from "@ai-gateway-wasm/as-json";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/**
 * Reads a number as leniently as everything is read: `0.5`, `"0.5"`, `true` for 1 (ai-cache.md 2).
 * What is empty is left out: NaN. All else is refused.
 */
export function readNumber(config: ConfigReader, field: string): f64 {
  const value = config.find(field);
  if (value === null || isEmpty(value)) return NaN;
  const number = numberIn(value);
  if (isNaN(number)) config.refuse(field, "must be a number");
  return number;
}

function isEmpty(value: JsonValue): bool {
  return value.isNull || (value.isString && stringOf(value).isEmpty);
}

/** NaN: it is none. */
function numberIn(value: JsonValue): f64 {
  if (value.isNumber || value.isBoolean) return numberOf(value);
  return value.isString ? parseNumber(stringOf(value)) : NaN;
}
