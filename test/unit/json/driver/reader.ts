import {
  Escape,
  JsonValue,
  appendDecimal,
  appendEscaped,
  boolOf,
  compileKeyPath,
  findJson,
  integerOf,
  isValidJson,
  listOf,
  numberOf,
  parseJson,
  quote,
  readJson,
  readValidMembers,
  searchMember,
  textOf,
  unescape,
} from "@ai-gateway-wasm/as-json";
import { isValidUtf8, Slice } from "@ai-gateway-wasm/bytes";
import { answer, answerBuilder, answerText, argument } from "./frame";

export { input, outputAt, outputLength } from "./frame";

/** `parseJson`: the raw text of the value, or null. */
export function parse(): void {
  const value = parseJson(argument(0));
  if (value === null) answer(null);
  else answer(value.raw);
}

export function isValid(): void {
  answerText(isValidJson(argument(0)) ? "true" : "false");
}

export function isUtf8(): void {
  answerText(isValidUtf8(argument(0)) ? "true" : "false");
}

function at(root: JsonValue | null, path: Slice): JsonValue | null {
  if (path.isEmpty) return root;
  const compiled = compileKeyPath(path.toString());
  if (compiled === null) return null;
  return compiled.read(root);
}

/** Members of the root with a name, as they stand in the document, a line each; null: not valid. */
export function members(): void {
  const found = readValidMembers(argument(0), argument(1));
  if (found === null) return answer(null);
  let lines = "";
  for (let i = 0; i < found.length; i++) lines += found[i].raw.toString() + "\n";
  answerText(lines);
}

/** Text of the value at a plain path of a body, or null. */
export function text(): void {
  const value = at(readJson(argument(0)), argument(1));
  if (value === null) answer(null);
  else answer(textOf(value));
}

/** Text of the value at a plain path of SSE data, or null. */
export function dataText(): void {
  const value = at(findJson(argument(0)), argument(1));
  if (value === null) answer(null);
  else answer(textOf(value));
}

/** All conversions of one value: type, completeness, boolean, number, integer, list length. */
export function conversions(): void {
  const value = at(readJson(argument(0)), argument(1));
  if (value === null) answerText("missing");
  else answerText(value.type.toString() + (value.isComplete ? " complete" : " cut"));
  answerText(boolOf(value) ? " true " : " false ");
  appendDecimal(answerBuilder(), numberOf(value));
  answerText(" " + integerOf(value).toString() + " " + listOf(value).length.toString());
}

/** How many members a key names in any case, up to two, and the text of the one. */
export function search(): void {
  const root = readJson(argument(0));
  if (root === null) return answer(null);
  const found = searchMember(root, argument(1));
  answerText(found.similar.toString() + " ");
  if (!found.isAmbiguous) answer(textOf(found.value));
}

export function unescaped(): void {
  answer(unescape(argument(0)));
}

export function quoted(): void {
  answer(quote(argument(0)));
}

export function plainEscaped(): void {
  appendEscaped(answerBuilder(), argument(0), Escape.Plain);
}
