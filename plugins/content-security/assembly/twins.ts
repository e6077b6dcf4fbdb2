import { JsonValue } from "@ai-gateway-wasm/as-json";
import { equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";

/** More members than any API has: looking for two of one name takes the square of their number. */
const MAX_MEMBERS: i32 = 200;

/** Two members have the same name, but for the case of letters: parsers disagree about which counts. */
export function hasTwins(object: JsonValue): bool {
  const members = object.entries();
  const keys: Slice[] = [];
  while (members.next()) {
    const key = members.key.kept();
    for (let i = 0; i < keys.length; i++) if (equalsIgnoreCase(key, keys[i])) return true;
    if (keys.push(key) > MAX_MEMBERS) return true;
  }
  return false;
}
