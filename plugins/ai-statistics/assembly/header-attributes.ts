import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders, responseHeaders } from "proxy-wasm-as";
import { Attribute, Builtin, Phase } from "./attribute";
import { StatisticsConfig } from "./config";
import { LogRecord } from "./log-record";
import { Value } from "./value";

/**
 * Takes down the attributes that need no body.
 *
 * @param phase `Fixed`, or one whose headers can be read
 */
export function recordHeaders(record: LogRecord, config: StatisticsConfig, phase: Phase): void {
  if (!config.reads(phase)) return;
  const attributes = config.attributes;
  for (let i = 0; i < attributes.length; i++) {
    if (attributes[i].isReadIn(phase)) record.put(attributes[i], valueIn(attributes[i], phase));
  }
}

/** Null: there is no name to look for, or a key of bodies whose header is not there. */
function valueIn(attribute: Attribute, phase: Phase): Value | null {
  if (attribute.value.isEmpty) return null;
  const text = textIn(attribute.value, phase);
  return text.isEmpty && attribute.builtin != Builtin.None ? null : Value.ofText(text);
}

/** The literal itself, or the header, empty when it is not there. */
function textIn(name: Slice, phase: Phase): Slice {
  if (phase == Phase.Fixed) return name;
  const header =
    phase == Phase.RequestHeader ? requestHeaders.get(name) : responseHeaders.get(name);
  return header === null ? NO_BYTES : header;
}
