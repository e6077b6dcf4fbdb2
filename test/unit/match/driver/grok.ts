import { RegexError } from "@ai-gateway-wasm/match";
import { compileFinder } from "@ai-gateway-wasm/match/find";
import { expandGrok, MAX_EXPANDED } from "@ai-gateway-wasm/match/grok";
import { argument, answer, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** Argument 0 with its names expanded; null when it cannot be. */
export function expand(): void {
  answer(expandGrok(argument(0)));
}

/** The first match of argument 0, expanded, in argument 1, and its groups; or what is wrong. */
export function find(): void {
  const pattern = expandGrok(argument(0));
  if (pattern === null) return answer(null);
  const error = new RegexError();
  const finder = compileFinder(pattern, error, true, MAX_EXPANDED);
  if (finder === null) return answerText(error.message);
  const search = finder.search(argument(1));
  if (!search.next()) return;
  for (let i = 0; i < finder.groupCount; i++) {
    if (i > 0) answerText("|");
    answer(search.group(i));
  }
}
