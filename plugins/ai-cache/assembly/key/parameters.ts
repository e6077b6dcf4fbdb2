import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
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
  const keys: Slice[] = [];
  const values: Slice[] = [];
  const members = root.entries();
  while (root.isObject && members.next()) {
    const key = members.key;
    const isTool = isAmong(TOOLS, key);
    if (isTool != wantsTools || (!isTool && isAmong(NO_PARAMETERS, key))) continue;
    insert(keys, values, key, members.value.raw);
  }
  if (keys.length == 0) return NO_BYTES;
  const out = new Builder(256);
  for (let i = 0; i < keys.length; i++) {
    appendSized(out, keys[i]);
    appendSized(out, values[i]);
  }
  return out.view();
}

/** Keeps both lists sorted by key; equal keys stay in their order. */
function insert(keys: Slice[], values: Slice[], key: Slice, value: Slice): void {
  let at = keys.length;
  keys.push(key);
  values.push(value);
  for (; at > 0 && keys[at - 1].compare(key) > 0; at--) {
    keys[at] = keys[at - 1];
    values[at] = values[at - 1];
  }
  keys[at] = key;
  values[at] = value;
}

function isAmong(names: Slice[], key: Slice): bool {
  for (let i = 0; i < names.length; i++) {
    if (names[i].equals(key)) return true;
  }
  return false;
}
