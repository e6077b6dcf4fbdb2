// What a response costs, as configured: `counting`, `model_weights`; and what it is estimated at.
export { Estimate } from "./assembly/estimate";
export { Pricing, readNamePattern } from "./assembly/pricing";
