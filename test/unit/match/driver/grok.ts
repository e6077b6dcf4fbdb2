import { RegexError } from "@ai-gateway-wasm/match";
import { compileFinder } from "@ai-gateway-wasm/match/find";
import { expandGrok, MAX_EXPANDED, readDigitMarks } from "@ai-gateway-wasm/match/grok";
import { argument, answer, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** Argument 0 with its names expanded; null when it cannot be. */
export function expand(): void {
  answer(expandGrok(argument(0)));
}

/** The first match of argument 0, expanded, in argument 1, and its groups; or what is wrong. */
export function find(): void {
  const written = argument(0);
  const pattern = expandGrok(written);
  if (pattern === null) return answer(null);
  const error = new RegexError();
  readDigitMarks(pattern !== written);
  const finder = compileFinder(pattern, error, true, MAX_EXPANDED);
  readDigitMarks(false);
  if (finder === null) return answerText(error.message);
  const search = finder.search(argument(1));
  if (!search.next()) return;
  for (let i = 0; i < finder.groupCount; i++) {
    if (i > 0) answerText("|");
    answer(search.group(i));
  }
}
