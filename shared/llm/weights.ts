// What tokens weigh, one weight for each kind, without names of models.
export { TokenUsage } from "./assembly/usage/token-usage";
export { TokenWeights } from "./assembly/usage/weights";
export { readWeights } from "./assembly/weights-reader";
