// One value in the access log, for plugins that do not need `kit/attributes`.
export { addJsonToLog, addToLog } from "./assembly/log-number";
