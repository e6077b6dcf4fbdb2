import { afterAll, beforeAll, describe, test } from "vitest";
import { EnvoyBackend, type Play } from "./backend.js";
import { readGoldenFolder, wasmFileOf, type GoldenOptions } from "../scenario/files.js";
import { GoldenCheck } from "../scenario/golden-check.js";
import type { Protocol, Scenario } from "../scenario/scenario.js";
import { renderTranscript } from "../scenario/transcript.js";

export interface EnvoyGoldenOptions extends GoldenOptions {
  /** Also over HTTP/2; default true. */
  h2?: boolean;
  /** Lets UPDATE_GOLDENS=1 write what Envoy did; for goldens that record Envoy itself. */
  writes?: boolean;
  /** Runs before Envoy starts, e.g. to build modules. */
  prepare?: () => Promise<void>;
}

/** Real time a scenario may ask for; longer ones are the harness's alone. */
const LONGEST_WAIT_MS = 5000;
const START_TIMEOUT_MS = 300_000;
const TEST_TIMEOUT_MS = 300_000;

/**
 * Registers one test per golden of the folders, all played by one Envoy process over sockets; the
 * outcome must be the transcript the harness produces.
 */
export function runGoldensInEnvoy(
  folders: string | readonly string[],
  options: EnvoyGoldenOptions = {},
): void {
  const files = [folders].flat().flatMap((folder) => readGoldenFolder(folder, options));
  const check = new GoldenCheck("envoy", options.writes ?? false);
  const plays: Play[] = [];
  const started = startLater(plays, options);
  afterAll(() => check.write());
  for (const { file, scenarios } of files) {
    describe(`${file} in Envoy`, () => {
      for (const scenario of scenarios) {
        const reason = whyNot(scenario);
        if (reason) {
          test.skip(`${scenario.title} (not in Envoy: ${reason})`);
          continue;
        }
        for (const protocol of protocols(scenario, options)) {
          const play = add(plays, scenario, protocol);
          const title = protocol === "h2" ? `${scenario.title}, over HTTP/2` : scenario.title;
          test(title, { timeout: TEST_TIMEOUT_MS }, async () => {
            const outcome = await started().run(play);
            // Only the shape the scenario was written in may write.
            const checker = protocol === "auto" ? check : new GoldenCheck("envoy", false);
            checker.check(scenario, renderTranscript(scenario, outcome));
          });
        }
      }
    });
  }
}

function startLater(plays: Play[], options: EnvoyGoldenOptions): () => EnvoyBackend {
  let backend: EnvoyBackend | undefined;
  beforeAll(async () => {
    await options.prepare?.();
    backend = await EnvoyBackend.start(plays, (plugin) => wasmFileOf(plugin, "envoy", options));
  }, START_TIMEOUT_MS);
  afterAll(async () => await backend?.stop());
  return () => {
    if (!backend) throw new Error("Envoy did not start");
    return backend;
  };
}

function whyNot(scenario: Scenario): string | null {
  const wait = scenario.steps.reduce((sum, step) => sum + step.afterMs, 0);
  if (wait > LONGEST_WAIT_MS) return `needs ${wait / 1000} s of real time`;
  return scenario.env.skip["envoy"] ?? null;
}

/** `auto` = as written. */
function protocols(scenario: Scenario, options: EnvoyGoldenOptions): ("auto" | "h2")[] {
  const h2 = options.h2 !== false && !scenario.env.skip["h2"] && scenario.steps.length > 0;
  const already = scenario.steps.every((step) => step.protocol === "h2");
  return h2 && !already ? ["auto", "h2"] : ["auto"];
}

function add(plays: Play[], scenario: Scenario, protocol: Protocol | "auto"): Play {
  const steps =
    protocol === "auto" ? scenario.steps : scenario.steps.map((step) => ({ ...step, protocol }));
  const play = { id: `golden-${plays.length}`, scenario: { ...scenario, steps } };
  plays.push(play);
  return play;
}
