// Counters per window: rate limits.
export { Algorithm, Bucket, CALENDAR_MONTH } from "./assembly/buckets/bucket";
export { Charge } from "./assembly/buckets/charge";
export { Check } from "./assembly/buckets/check";
export { Reserve } from "./assembly/buckets/reserve";
export { Settle } from "./assembly/buckets/settle";
