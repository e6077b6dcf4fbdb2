import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { KeyPath, boolOf, compileKeyPath, readJson, setValue } from "@ai-gateway-wasm/as-json";

const STREAM: Slice = bytes("stream");
const STREAM_OPTIONS: Slice = bytes("stream_options");
const INCLUDE_USAGE: Slice = bytes("include_usage");
const TRUE: Slice = bytes("true");

let path: KeyPath | null = null;

/**
 * The body of a chat or completions request of OpenAI with `stream_options.include_usage` set, so
 * that its stream says what it used (token-rate-limit contract 6, #14). Null when there is nothing
 * to change: the request does not stream, asks already, or is no object. Also a request that says
 * `false` is changed: without usage a stream would be free. Not for other APIs, which refuse the
 * field.
 */
export function askForUsage(body: Slice): Slice | null {
  const root = readJson(body);
  if (root === null || !root.isObject) return null;
  let streams: bool = false;
  let asks: bool = false;
  let options = 0;
  const members = root.entries();
  while (members.next()) {
    // Servers disagree about repeated keys: one that might stream does.
    if (members.keyIs(STREAM)) {
      if (boolOf(members.value)) streams = true;
    } else if (members.keyIs(STREAM_OPTIONS)) {
      options++;
      asks = boolOf(members.value.get(INCLUDE_USAGE));
    }
  }
  if (!streams || (options == 1 && asks)) return null;
  if (path === null) path = compileKeyPath("stream_options.include_usage");
  const target = path;
  return target === null ? null : setValue(body, target, TRUE);
}
