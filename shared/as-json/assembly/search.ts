import { Slice, equalsIgnoreCase } from "@ai-gateway-wasm/bytes";
import { JsonValue } from "./value";

/** What `searchMember` found. */
@final
export class MemberSearch {
  /** The first member with exactly this key, or null. */
  value: JsonValue | null = null;
  /** How many members have exactly this key. */
  count: i32 = 0;
  /** How many members have this key when the case of ASCII letters is ignored, exact ones included. */
  similar: i32 = 0;

  /** More than one reading: parsers disagree about which member counts (key-auth contract). */
  get isAmbiguous(): bool {
    return this.similar > 1;
  }
}

/** Looks at every member of an object; keys are compared after unescaping. */
export function searchMember(object: JsonValue, key: Slice): MemberSearch {
  const result = new MemberSearch();
  if (!object.isObject) return result;
  const cursor = object.entries();
  while (cursor.next()) {
    if (cursor.rawKey.length < key.length) continue; // an escape is never shorter than its character
    const name = cursor.key;
    if (!equalsIgnoreCase(name, key)) continue;
    result.similar++;
    if (!name.equals(key)) continue;
    if (result.count++ == 0) result.value = cursor.value;
  }
  return result;
}
