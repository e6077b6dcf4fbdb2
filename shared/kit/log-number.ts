// One number in the access log, for plugins that do not need `kit/attributes`.
export { addToLog } from "./assembly/log-number";
