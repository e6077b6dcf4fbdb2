// Months of the calendar, for what is aligned with them.
export { firstDayOfMonth, monthOf } from "./assembly/buckets/calendar";
