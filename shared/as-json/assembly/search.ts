import { Slice, equalsIgnoreCase } from "@ai-gateway-wasm/bytes";
import { JsonValue } from "./value";

/** Keys that are read, which take memory until the callback ends: those with escapes, and what is found. */
const MOST: i32 = 4096;

/** What `searchMember` found. */
@final
export class MemberSearch {
  /** The first member with exactly this key, or null. */
  value: JsonValue | null = null;
  /** How many members have exactly this key. */
  count: i32 = 0;
  /** How many members have this key when the case of ASCII letters is ignored, exact ones included. */
  similar: i32 = 0;

  /**
   * More than one reading: parsers disagree about which member counts (key-auth contract). Also of an
   * object with too many escaped keys.
   */
  get isAmbiguous(): bool {
    return this.similar > 1;
  }
}

/** Looks at every member of an object; keys are compared after unescaping. */
export function searchMember(object: JsonValue, key: Slice): MemberSearch {
  const result = new MemberSearch();
  if (!object.isObject) return result;
  let count = 0;
  const cursor = object.entries();
  while (cursor.next()) {
    if (!cursor.keyMayBe(key)) continue;
    if (++count > MOST) {
      result.similar = 2;
      break;
    }
    if (!equalsIgnoreCase(cursor.key, key)) continue;
    result.similar++;
    if (!cursor.keyIs(key)) continue;
    if (result.count++ == 0) result.value = cursor.value;
  }
  return result;
}
