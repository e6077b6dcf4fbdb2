import { Builder, bytes, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, setProperty, Status } from "proxy-wasm-as";
import { AttributeMap } from "./attribute-map";
import { PluginLog } from "./log";

/** The property that AI plugins share: filter state `wasm.ai_log`, printed by the access log. */
export const AI_LOG: Slice = bytes("ai_log");
/** The property of plugins that are not about AI. */
export const CUSTOM_LOG: Slice = bytes("custom_log");

const SPAN_TAG: Slice = bytes("trace_span_tag.");

/**
 * Merges the attributes into a log property of the running stream (host.md 5.2).
 *
 * A property that cannot be read is left alone. The warning then has the peer's words, although
 * they promise the opposite, but not the value: it may hold what users wrote.
 *
 * @returns true when the property was set
 */
export function writeToLog(
  log: PluginLog,
  attributes: AttributeMap,
  property: Slice = AI_LOG,
): bool {
  const found = getProperty(property);
  const stored = found === null ? NO_BYTES : found;
  const merged = attributes.mergeInto(stored);
  if (merged === null) {
    const name = property.toString();
    log.warn(
      "Unmarshal failed, will overwrite " +
        name +
        ", pre value is: " +
        decimal(stored.length) +
        " bytes",
    );
    return false;
  }
  return setProperty(property, merged) == Status.Ok;
}

/** Makes each attribute a tag of the active span. Plain Envoy only stores them (host.md 5.1). */
export function writeToTrace(log: PluginLog, attributes: AttributeMap): void {
  for (let i = 0; i < attributes.list.length; i++) {
    const attribute = attributes.list[i];
    if (attribute.text.isEmpty) {
      log.warn("Failed to set trace attribute - " + attribute.key.toString() + " is empty");
      continue;
    }
    setSpanTag(attribute.key, attribute.text);
  }
}

/** Sets one tag of the active span. Errors are ignored: a missing tag must not cost a request. */
export function setSpanTag(name: Slice, value: Slice): void {
  const path = new Builder(SPAN_TAG.length + name.length).append(SPAN_TAG).append(name);
  setProperty(path.view(), value);
}
