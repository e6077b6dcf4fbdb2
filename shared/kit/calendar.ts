// Months and days of the calendar.
export { firstDayOfMonth, monthOf } from "./assembly/calendar";
export { appendTwo, CalendarDay } from "./assembly/calendar-day";
