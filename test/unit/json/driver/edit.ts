import { compileKeyPath, quoteLikeSjson, removeValue, setValue } from "@ai-gateway-wasm/as-json";
import { answer, argument } from "./frame";

export { input, outputAt, outputLength } from "./frame";

/** The document with the JSON of argument 2 at the path of argument 1, or null. */
export function set(): void {
  const path = compileKeyPath(argument(1).toString(), true);
  if (path === null) answer(null);
  else answer(setValue(argument(0), path, argument(2)));
}

/** The same with a string. */
export function setText(): void {
  const path = compileKeyPath(argument(1).toString(), true);
  if (path === null) answer(null);
  else answer(setValue(argument(0), path, quoteLikeSjson(argument(2))));
}

export function remove(): void {
  const path = compileKeyPath(argument(1).toString(), true);
  if (path === null) answer(null);
  else answer(removeValue(argument(0), path));
}
