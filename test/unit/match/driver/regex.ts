import { compileRegex, Regex, RegexError } from "@ai-gateway-wasm/match";
import { argument, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

let compiled: Regex | null = null;

/** Compiles argument 0; answers why not, or nothing. */
export function compile(): void {
  const error = new RegexError();
  // The frame with the pattern is freed before the next call.
  compiled = compileRegex(argument(0).copy(), error);
  if (compiled === null) answerText(error.message);
}

/** Whether the pattern compiled last is found in argument 0. */
export function matches(): void {
  const regex = compiled;
  answerText(regex !== null && regex.matches(argument(0)) ? "yes" : "no");
}

/** Compiles argument 0 and looks for it in all further arguments: a letter each, or the fault. */
export function compileAndMatch(count: i32): void {
  const error = new RegexError();
  const regex = compileRegex(argument(0), error);
  if (regex === null) return answerText(error.message);
  for (let i = 1; i <= count; i++) answerText(regex.matches(argument(i)) ? "y" : "n");
}
