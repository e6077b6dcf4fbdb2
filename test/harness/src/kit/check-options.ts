import type { HostOptions } from "../types.js";

/** The words of the options that are one of some. */
const WORDS: { [option in keyof HostOptions]?: readonly string[] } = {
  lifecycle: ["envoy", "single"],
  clock: ["fake", "real"],
  downstream: ["h1", "h2"],
  strict: ["off", "warn", "error"],
};

/** @throws TypeError naming an option with a value that types would have refused, for plain JavaScript */
export function checkOptions(options: HostOptions): void {
  for (const [option, words] of Object.entries(WORDS)) {
    const value = options[option as keyof HostOptions];
    const isOther = value === undefined || (option === "strict" && typeof value === "object");
    if (isOther || words.includes(value as string)) continue;
    throw new TypeError(`${option}: one of ${words.join(", ")}, not ${JSON.stringify(value)}`);
  }
  const { workers } = options;
  if (workers !== undefined && !(Number.isInteger(workers) && workers > 0)) {
    throw new TypeError(`workers: a whole number from 1, not ${JSON.stringify(workers)}`);
  }
}
