// Work that no request causes (host.md 5.10).
export { Lease } from "./assembly/periodic/lease";
export { startTicks } from "./assembly/periodic/ticks";
export { NO_JOB, Timetable } from "./assembly/periodic/timetable";
