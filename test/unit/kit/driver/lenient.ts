import { boolOf, integerOf, JsonValue, parseJson, textOf } from "@ai-gateway-wasm/as-json";
import {
  configFlag,
  configInteger,
  configText,
} from "@ai-gateway-wasm/kit/assembly/config/lenient";
import { answerBuilder, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/* The conversions of the configuration, and beside them those of as-json, which go through floats. */

/** text | flag | integer of the JSON value that is the argument. */
export function kit(): void {
  const value = parseJson(argument(0));
  if (value === null) return;
  answerBuilder().append(configText(value));
  rest(configFlag(value), configInteger(value));
}

/** The same by as-json. */
export function json(): void {
  const value: JsonValue | null = parseJson(argument(0));
  answerBuilder().append(textOf(value));
  rest(boolOf(value), integerOf(value));
}

function rest(flag: bool, integer: i64): void {
  answerText(flag ? "|true|" : "|false|");
  answerBuilder().appendInteger(integer);
}
