import { LoadError } from "../abi/link.js";
import type { HostOptions, Json, LogLine } from "../types.js";
import { createHost } from "./host.js";
import { recentHosts } from "./open-hosts.js";
import { Random } from "./random.js";

/** A configuration that a plugin must take or refuse, but never trap on. */
export interface ConfigScenario {
  /** A valid configuration to start from. */
  config: Json;
  /** Options of a host with the plugin under this configuration. */
  host: (config: string) => HostOptions;
}

export interface ConfigOptions {
  /** Default 200. */
  runs?: number;
  seed?: number;
}

const ODD: readonly Json[] = [null, true, -1, 0, 1e308, 0.5, "", "\0", "é", [], {}, [[]], "x".repeat(5000)]; // prettier-ignore
const TRAPPED = /^Function: \S+ failed: Uncaught/;

/**
 * Loads a plugin with mutations of its configuration: values replaced, removed, doubled, and the
 * text cut off or spoilt (harness.md §8.5).
 *
 * @throws Error with the configuration and the seed when the plugin trapped
 */
export async function fuzzConfig(
  scenario: ConfigScenario,
  options: ConfigOptions = {},
): Promise<{ accepted: number; refused: number }> {
  const { runs = 200, seed = 1 } = options;
  const random = new Random(seed);
  const count = { accepted: 0, refused: 0 };
  for (let i = 0; i < runs; i++) {
    const config = spoil(JSON.stringify(mutate(scenario.config, random)), random);
    const { accepted, logs } = await load(scenario.host(config));
    count[accepted ? "accepted" : "refused"]++;
    const trap = logs.find(({ text }) => TRAPPED.test(text));
    if (trap) throw new Error(`run ${i} of seed ${seed} trapped: ${trap.text}\n  ${config}`);
  }
  return count;
}

async function load(options: HostOptions): Promise<{ accepted: boolean; logs: LogLine[] }> {
  try {
    const host = await createHost({ lifecycle: "single", trace: false, ...options });
    await host.close();
    recentHosts.delete(host);
    return { accepted: true, logs: host.logs };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { accepted: false, logs: error.logs };
  }
}

/** The value with one part of it changed. */
function mutate(value: Json, random: Random): Json {
  const odd = (): Json => ODD[random.below(ODD.length)]!;
  if (value === null || typeof value !== "object" || random.below(4) === 0) return odd();
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    if (at === value.length) return [...value, ...value.slice(0, 1), odd()];
    return value.map((item, i) => (i === at ? mutate(item, random) : item));
  }
  const keys = Object.keys(value);
  const key = keys[random.below(keys.length)];
  if (key === undefined) return { "": odd() };
  const { [key]: old = null, ...rest } = value;
  return random.below(4) === 0 ? rest : { ...rest, [key]: mutate(old, random) };
}

/** One run in four, the text itself: cut off, or one character replaced. */
function spoil(text: string, random: Random): string {
  if (random.below(4) > 0) return text;
  const at = random.below(text.length + 1);
  if (random.below(2) === 0) return text.slice(0, at);
  return text.slice(0, at) + String.fromCharCode(random.below(128)) + text.slice(at + 1);
}
