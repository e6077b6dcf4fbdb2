// One document of an answer at a time, for plugins with rules of their own about what counts.
export { UsageDocument } from "./assembly/usage/document";
export { Field } from "./assembly/usage/field";
export { Mention, mentionOfUsage } from "./assembly/usage/mention";
export { UsageScanner } from "./assembly/usage/scanner";
