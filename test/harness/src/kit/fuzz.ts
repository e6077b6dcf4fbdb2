import { fuzzChunks } from "./chunks";

/** Searches that try what a test would not think of; every one can be replayed by its seed. */
export const fuzz = { chunks: fuzzChunks };
