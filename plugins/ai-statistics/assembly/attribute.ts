import { JsonPath } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** Where attributes are read, in the order of a request. A set of them is a bit mask. */
export const enum Phase {
  Fixed = 1,
  RequestHeader = 2,
  RequestBody = 4,
  ResponseHeader = 8,
  /** The events of a stream. */
  Events = 16,
  /** A whole answer. */
  ResponseBody = 32,
}

/** Which of the events that have a value count. */
export const enum Rule {
  None,
  First,
  Replace,
  Append,
}

/** Keys that are found without a path. */
export const enum Builtin {
  None,
  Question,
  System,
  Answer,
  Reasoning,
  ToolCalls,
  ReasoningTokens,
  CachedTokens,
  InputDetails,
  OutputDetails,
  /** What the dialogue log has, and no attribute. */
  DialogAnswer,
  DialogReasoning,
}

/** One entry of `attributes`. */
@final
export class Attribute {
  key: Slice = NO_BYTES;
  /** Bits of `Phase`. */
  phases: i32 = 0;
  /** The literal, or the name of the header. */
  value: Slice = NO_BYTES;
  /** Where in a body; null: nowhere but where the key says. */
  path: JsonPath | null = null;
  rule: Rule = Rule.None;
  /** In place of a missing or empty value; empty: none. */
  fallback: Slice = NO_BYTES;
  isLogged: bool = false;
  /** In a property of its own, not in `ai_log`. */
  isSeparate: bool = false;
  /** Property of the span tag; null: no tag. */
  tag: Slice | null = null;
  builtin: Builtin = Builtin.None;

  isReadIn(phase: Phase): bool {
    return (this.phases & phase) != 0;
  }
}

/** The names of built-in keys, in the order of `Builtin`, from its second on. */
const BUILTINS: Slice[] = [
  bytes("question"),
  bytes("system"),
  bytes("answer"),
  bytes("reasoning"),
  bytes("tool_calls"),
  bytes("reasoning_tokens"),
  bytes("cached_tokens"),
  bytes("input_token_details"),
  bytes("output_token_details"),
];

/** Which built-in key this is, or `Builtin.None`. */
export function builtinOf(key: Slice): Builtin {
  for (let i = 0; i < BUILTINS.length; i++) {
    if (BUILTINS[i].equals(key)) return <Builtin>(i + 1);
  }
  return Builtin.None;
}

/** Name of a built-in key. */
export function nameOfBuiltin(builtin: Builtin): Slice {
  return BUILTINS[<i32>builtin - 1];
}

/** Where a built-in key is read without a `value_source`. */
export function phasesOfBuiltin(builtin: Builtin): i32 {
  if (builtin == Builtin.None) return 0;
  return builtin <= Builtin.System ? Phase.RequestBody : Phase.Events | Phase.ResponseBody;
}
