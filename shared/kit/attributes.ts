// What a plugin writes into the access log and the trace (host.md 5.2).
export { Attribute, AttributeMap } from "./assembly/attribute-map";
export { goText } from "./assembly/go-text";
export { LongAttributeMap } from "./assembly/long-attribute-map";
export { AI_LOG, CUSTOM_LOG, setSpanTag, writeToLog, writeToTrace } from "./assembly/attributes";
