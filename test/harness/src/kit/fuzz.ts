import { fuzzChunks } from "./chunks";
import { fuzzConfig } from "./config-fuzz";
import { fuzzSchedule } from "./schedule";

/** Searches that try what a test would not think of; every one can be replayed by its seed. */
export const fuzz = { chunks: fuzzChunks, config: fuzzConfig, schedule: fuzzSchedule };
