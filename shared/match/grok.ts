// Names of expressions, as logstash has them.
export { expandGrok, MAX_EXPANDED } from "./assembly/grok/expand";
export { readDigitMarks } from "./assembly/regex/digit-marks";
