import { JsonCursor, JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Member, sortMembers } from "@ai-gateway-wasm/kit/canonical-json";
import { appendSized } from "../sized-text";

const TOOLS: Slice[] = [
  bytes("tools"),
  bytes("tool_choice"),
  bytes("parallel_tool_calls"),
  bytes("functions"),
  bytes("function_call"),
];

/** Members that other parts of the key stand for, or that change nothing about the answer. */
const NO_PARAMETERS: Slice[] = [
  bytes("messages"),
  bytes("model"),
  bytes("system"),
  bytes("instructions"),
  bytes("stream"),
  bytes("stream_options"),
  bytes("user"),
  bytes("metadata"),
  bytes("store"),
  bytes("service_tier"),
  bytes("safety_identifier"),
  bytes("prompt_cache_key"),
];

/** What the model may call, members in the order of their names; no bytes: nothing. */
export function toolsOf(root: JsonValue): Slice {
  return collect(root, true);
}

/** All else that changes answers, such as `temperature`, likewise; members we never heard of included. */
export function parametersOf(root: JsonValue): Slice {
  return collect(root, false);
}

function collect(root: JsonValue, wantsTools: bool): Slice {
  const all: Member[] = [];
  const members = root.entries();
  while (root.isObject && members.next()) {
    const key = members.key;
    if (wantsTools ? !isTool(members) : isAmong(TOOLS, key) || isAmong(NO_PARAMETERS, key))
      continue;
    all.push(new Member(key, members.value));
  }
  if (all.length == 0) return NO_BYTES;
  const out = new Builder(256);
  const sorted = sortMembers(all);
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i].value;
    appendSized(out, sorted[i].key);
    if (value !== null) appendSized(out, value.raw);
  }
  return out.view();
}

/** To some model, whatever the case of letters. */
function isTool(members: JsonCursor): bool {
  for (let i = 0; i < TOOLS.length; i++) {
    if (members.keyIsLike(TOOLS[i])) return true;
  }
  return false;
}

function isAmong(names: Slice[], key: Slice): bool {
  for (let i = 0; i < names.length; i++) {
    if (names[i].equals(key)) return true;
  }
  return false;
}
