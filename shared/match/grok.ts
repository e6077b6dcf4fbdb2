// Names of expressions, as logstash has them.
export { expandGrok, MAX_EXPANDED } from "./assembly/grok/expand";
