import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { KeyPath, KeyStep, boolOf, readJson, setValue } from "@ai-gateway-wasm/as-json";

const STREAM: Slice = bytes("stream");
const STREAM_OPTIONS: Slice = bytes("stream_options");
const INCLUDE_USAGE: Slice = bytes("include_usage");
const TRUE: Slice = bytes("true");
const OPTIONS: Slice = bytes('{"include_usage":true}');

const OPTIONS_STEP: KeyStep = new KeyStep(STREAM_OPTIONS, -1, false);
const TO_OPTIONS: KeyPath = new KeyPath([OPTIONS_STEP]);
const TO_OPTION: KeyPath = new KeyPath([OPTIONS_STEP, new KeyStep(INCLUDE_USAGE, -1, false)]);

/**
 * The body of a chat or completions request of OpenAI with `stream_options.include_usage` set, so
 * that its stream says what it used (token-rate-limit contract 6, #14). Null when there is nothing
 * to change: the request does not stream, asks already, or is no object. Not for other APIs, which
 * refuse the field.
 *
 * @param overrules also where the request has `stream_options` of its own, be it with `false`: what
 *   charges for streams needs their usage
 */
export function askForUsage(body: Slice, overrules: bool = true): Slice | null {
  const root = readJson(body);
  if (root === null || !root.isObject) return null;
  let streams: bool = false;
  let asks: bool = false;
  let options = 0;
  let isDecided: bool = false;
  const members = root.entries();
  while (members.next()) {
    // Servers disagree about repeated keys: one that might stream does.
    if (members.keyIs(STREAM)) {
      if (boolOf(members.value)) streams = true;
    } else if (members.keyIs(STREAM_OPTIONS)) {
      options++;
      if (!members.value.isNull) isDecided = true;
      asks = boolOf(members.value.get(INCLUDE_USAGE));
    }
  }
  if (!streams || (options == 1 && asks) || (isDecided && !overrules)) return null;
  // Null is no object to put a member into.
  return isDecided ? setValue(body, TO_OPTION, TRUE) : setValue(body, TO_OPTIONS, OPTIONS);
}
