import { Slice } from "@ai-gateway-wasm/bytes";

const STAR: i32 = 0x2a;

/** One of the name patterns `exact`, `prefix*`, `*suffix` and `*`. Case-sensitive. */
export function matchesWildcard(pattern: Slice, name: Slice): bool {
  if (pattern.at(0) == STAR) return name.endsWith(pattern.sub(1));
  const last = pattern.length - 1;
  if (last >= 0 && pattern.at(last) == STAR) return name.startsWith(pattern.sub(0, last));
  return name.equals(pattern);
}

/** True when one of the patterns matches; false for an empty list. */
export function matchesAny(patterns: Slice[], name: Slice): bool {
  for (let i = 0; i < patterns.length; i++) {
    if (matchesWildcard(patterns[i], name)) return true;
  }
  return false;
}
