import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { ROLE, USER } from "./words";

/** Which messages of a request are judged (content-security.md 6, no. 7). */
export const enum Scope {
  Last,
  /** What the user said since the last answer. */
  LastUserTurns,
  All,
}

/** Number of the first message that is judged. */
export function firstTurn(messages: JsonValue, scope: Scope): i32 {
  if (scope == Scope.All) return 0;
  return scope == Scope.Last ? messages.count() - 1 : lastTurns(messages);
}

/** Number of the first message that the user said since the last answer. */
function lastTurns(messages: JsonValue): i32 {
  const items = messages.entries();
  let first = 0;
  for (let i = 0; items.next(); i++) {
    const message = items.value;
    if (!message.isObject || !textOf(message.get(ROLE)).equals(USER)) first = i + 1;
  }
  return min(first, messages.count() - 1);
}
