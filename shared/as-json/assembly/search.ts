import { Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue } from "./value";

/** What `searchMember` found. */
@final
export class MemberSearch {
  /** The member with exactly this key, or null. */
  value: JsonValue | null = null;
  /** How many members have this key when the case of letters is ignored; 2: that many or more. */
  similar: i32 = 0;

  /** More than one reading: parsers disagree about which member counts (key-auth contract). */
  get isAmbiguous(): bool {
    return this.similar > 1;
  }
}

/** Looks for the one member of an object with a key; keys are compared after unescaping. */
export function searchMember(object: JsonValue, key: Slice): MemberSearch {
  const result = new MemberSearch();
  if (!object.isObject) return result;
  const cursor = object.entries();
  while (cursor.next() && !result.isAmbiguous) {
    if (!cursor.keyIsLike(key)) continue;
    if (cursor.keyIs(key)) result.value = cursor.value;
    result.similar++;
  }
  return result;
}
