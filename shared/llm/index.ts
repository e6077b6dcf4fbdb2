export { ContentCounter } from "./assembly/usage/content";
export { MAX_COUNT } from "./assembly/usage/count";
export { ResponseUsage } from "./assembly/usage/response-usage";
export { TokenUsage } from "./assembly/usage/token-usage";
export { TokenWeights } from "./assembly/usage/weights";
export { NO_LIMIT, findCompletionLimit } from "./assembly/request/completion-limit";
export { askForUsage } from "./assembly/request/include-usage";
