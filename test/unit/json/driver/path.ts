import { PathError, compilePath, findJson, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { answer, answerText, argument } from "./frame";

export { input, outputAt, outputLength } from "./frame";

/** Text of the value at a GJSON path of a body, or null. */
export function get(): void {
  const path = compilePath(argument(1).toString());
  if (path === null) return answerText("the path does not compile");
  const value = path.read(readJson(argument(0)));
  if (value === null) answer(null);
  else answer(textOf(value));
}

/** The same, on SSE data. */
export function getFromData(): void {
  const path = compilePath(argument(1).toString());
  if (path === null) return answerText("the path does not compile");
  const value = path.read(findJson(argument(0)));
  if (value === null) answer(null);
  else answer(textOf(value));
}

/** The reason a path is refused, or null. */
export function reason(): void {
  const error = new PathError();
  if (compilePath(argument(0).toString(), error) === null) answerText(error.reason);
  else answer(null);
}
