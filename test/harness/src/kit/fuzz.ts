import { fuzzChunks } from "./chunks.js";
import { fuzzConfig } from "./config-fuzz.js";
import { fuzzSchedule } from "./schedule.js";

/** Searches that try what a test would not think of; every one can be replayed by its seed. */
export const fuzz = { chunks: fuzzChunks, config: fuzzConfig, schedule: fuzzSchedule };
