// What a response costs, as configured: `counting`, `model_weights`; and what it is estimated at.
export { Estimate } from "./assembly/estimate";
export { readNamePattern, readNamePatterns } from "./assembly/name-patterns";
export { Pricing } from "./assembly/pricing";
