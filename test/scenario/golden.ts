import { afterAll, describe, test } from "vitest";
import { readGoldenFolder, wasmFileOf, type GoldenOptions, type HostBuild } from "./files.js";
import { GoldenCheck } from "./golden-check.js";
import { playInHarness } from "./play-harness.js";
import { PROFILES, type Profile, type Scenario } from "./scenario.js";
import { renderTranscript } from "./transcript.js";
import { cutsOf, shapesOf, type Variant } from "./variants.js";

export interface HarnessGoldenOptions extends GoldenOptions {
  /** Default: envoy-1.40, higress-2.1, higress-2.2. */
  profiles?: readonly Profile[];
  /** False: only as written, no other shapes on the wire. Default true. */
  variants?: boolean;
  /** False: broken rules of use do not fail a golden. Default true. */
  strict?: boolean;
  /** False: `vitest -u` leaves the transcripts alone. Default true. */
  writes?: boolean;
}

const TEST_TIMEOUT_MS = 300_000;

/**
 * Registers the tests of a folder of goldens: every scenario as written and in every other shape
 * on the wire, under every host profile. `vitest -u` (or UPDATE_GOLDENS=1) rewrites transcripts
 * from the run under `envoy-1.40`.
 */
export function runGoldens(folder: string, options: HarnessGoldenOptions = {}): void {
  const files = readGoldenFolder(folder, options);
  for (const profile of options.profiles ?? PROFILES) {
    const check = new GoldenCheck(profile, profile === "envoy-1.40" && options.writes !== false);
    const same = new GoldenCheck(profile, false);
    afterAll(() => check.write());
    for (const { file, scenarios } of files) {
      describe(`${file} under ${profile}`, () => {
        for (const scenario of scenarios) {
          const reason = scenario.env.skip[profile];
          if (reason) {
            test.skip(`${scenario.title} (not under ${profile}: ${reason})`);
            continue;
          }
          test(scenario.title, { timeout: TEST_TIMEOUT_MS }, async () => {
            check.check(scenario, await play(scenario, profile, options, false));
          });
          const variants = options.variants === false ? [] : variantsFor(scenario, profile);
          if (!variants.length) continue;
          test(
            `${scenario.title}, cut and framed otherwise`,
            { timeout: TEST_TIMEOUT_MS },
            async () => {
              for (const variant of variants) {
                const text = await play(variant.scenario, profile, options, true, variant.name);
                same.check(named(scenario, variant), text);
              }
            },
          );
        }
      });
    }
  }
}

/** Failure messages say which shape it was. */
function named(scenario: Scenario, variant: Variant): Scenario {
  return { ...scenario, file: `${variant.name}: ${scenario.file}` };
}

async function play(
  scenario: Scenario,
  profile: Profile,
  options: HarnessGoldenOptions,
  single: boolean,
  name = "as written",
): Promise<string> {
  const build: HostBuild = profile === "envoy-1.40" ? "envoy" : "higress";
  try {
    const outcome = await playInHarness(scenario, {
      profile,
      single,
      strict: options.strict ?? true,
      wasmFile: (plugin) => wasmFileOf(plugin, build, options),
    });
    return renderTranscript(scenario, outcome);
  } catch (error) {
    const where = `${scenario.file}:${scenario.line} (${name}, ${profile})`;
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Other shapes a profile can carry. */
function variantsFor(scenario: Scenario, profile: Profile): Variant[] {
  const shapes = shapesOf(scenario);
  if (profile === "envoy-1.40") return [...shapes, ...cutsOf(scenario)];
  // Envoy < 1.33 hides the last HTTP/2 frame from a buffering filter (envoyproxy/envoy#35884,
  // harness.md 6.4); nothing inside a plugin can mend that.
  return profile === "higress-2.1" ? shapes.filter((shape) => !shape.h2) : shapes;
}
