// Who used what: a book with a line for each consumer.
export { UsageBook, UsageLine } from "./assembly/usage/book";
export { UsageCounts, UsageRecord } from "./assembly/usage/counts";
export { ReadUsage } from "./assembly/usage/read";
export { RecordUsage } from "./assembly/usage/record";
