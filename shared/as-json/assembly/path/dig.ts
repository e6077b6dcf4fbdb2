import { Char, isBlank } from "../char";
import { findQuote } from "../scan";
import { JsonType, NO_VALUE, typeAt } from "../type";
import { JsonValue, findEnd } from "../value";
import { Collection, JsonPath } from "./step";

/** Deeper values are not searched: each level may read the rest of the text once more. */
const MAX_DEPTH = 512;

/**
 * `@dig:path`: what the path finds in the value itself and in every value below it, in document
 * order, as an array. One loop over the text, no recursion.
 */
export function dig(root: JsonValue, path: JsonPath | null): JsonValue | null {
  const found = new Collection();
  if (path === null) return found.toValue();
  const limit = root.limit;
  let depth = 0;
  let at = root.at;
  while (at < limit) {
    const type = typeAt(at, limit);
    if (type == NO_VALUE) {
      const byte = load<u8>(at++);
      if ((byte == Char.CloseSquare || byte == Char.CloseCurly) && --depth <= 0) break;
      continue;
    }
    const end = type >= JsonType.Array ? at + 1 : findEnd(type, at, limit);
    if (type == JsonType.String && (isKey(end, limit) || findQuote(at + 1, limit) == 0)) {
      at = end;
      continue;
    }
    if (depth < MAX_DEPTH) {
      const part = path.read(new JsonValue(type, at, limit, root.owner));
      if (part !== null) found.add(part);
    }
    if (type >= JsonType.Array) depth++;
    at = end;
    if (depth == 0) break; // the root is a scalar
  }
  return found.toValue();
}

/** Whether the string that ends at `at` is followed by a colon. */
function isKey(at: usize, limit: usize): bool {
  while (at < limit && isBlank(load<u8>(at))) at++;
  return at < limit && load<u8>(at) == Char.Colon;
}
