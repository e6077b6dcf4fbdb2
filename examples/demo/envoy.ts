import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem } from "../../build/tools/fetch.js";
import { Child } from "./child.js";
import { isListening, isOk, waitUntil } from "./waiting.js";

export interface EnvoyOptions {
  /** The Envoy program, from `envoyPath()`. */
  program: string;
  /** Envoy's start configuration, such as `gatewayBootstrap()` makes. */
  bootstrap: object;
  /** Where the configuration and the log go. */
  folder: string;
  adminPort: number;
  /** The listeners that have to answer before Envoy counts as started. */
  ports: number[];
  /** Further environment variables of the Envoy process. */
  env?: Record<string, string>;
  /** Worker threads; default 2. */
  workers?: number;
  /** Log level of plugins; default info. */
  wasmLogLevel?: "trace" | "debug" | "info" | "warning" | "error";
}

/** An Envoy that answers on its ports. */
export interface RunningEnvoy {
  pid: number;
  logFile: string;
  /** Settles when Envoy is gone, wanted or not, with how it ended. */
  exited: Promise<string>;
  /** What Envoy has logged so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** The root of the project. Relative file names in a bootstrap, such as `build/envoy/…`, start here. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Compiling several modules on a busy machine takes a while; in ms. */
const START_LIMIT = 60_000;
/** So many lines of a log explain a failed start. */
const REASONS = 5;

/**
 * Starts Envoy and waits until it is ready to serve.
 *
 * @throws Problem when it does not start, with the last lines of its log that say why
 */
export async function startEnvoy(options: EnvoyOptions): Promise<RunningEnvoy> {
  await mkdir(options.folder, { recursive: true });
  const config = join(options.folder, "envoy.json");
  const logFile = join(options.folder, "envoy.log");
  await writeFile(config, JSON.stringify(options.bootstrap, null, 2));

  const child = Child.start(options.program, commandLine(config, options), {
    logFile,
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...options.env },
  });
  const failure = await Promise.race([
    child.exited.then((how) => `Envoy did not start (${how})`),
    untilReady(options),
  ]);
  if (failure === null && child.pid !== undefined) {
    return {
      pid: child.pid,
      logFile,
      exited: child.exited,
      log: () => readFile(logFile, "utf8"),
      stop: () => child.stop(),
    };
  }
  await child.stop();
  const reasons = reasonsIn(await readFile(logFile, "utf8"));
  throw new Problem(
    [`${failure}; its log says:`, ...reasons.map((line) => `  ${line}`)].join("\n"),
  );
}

function commandLine(config: string, options: EnvoyOptions): string[] {
  return [
    ...["--config-path", config],
    ...["--concurrency", String(options.workers ?? 2)],
    ...["--log-level", "warning"],
    ...["--component-log-level", `wasm:${options.wasmLogLevel ?? "info"}`],
    // Access logs are written at once, not every ten seconds.
    ...["--file-flush-interval-msec", "200"],
    // Otherwise two Envoys on one machine quarrel over shared memory.
    "--disable-hot-restart",
  ];
}

/** Null when everything answers, else why waiting was given up. */
async function untilReady({ adminPort, ports }: EnvoyOptions): Promise<string | null> {
  const isReady = async () =>
    (await isOk(`http://127.0.0.1:${adminPort}/ready`)) &&
    (await Promise.all(ports.map(isListening))).every(Boolean);
  const ready = await waitUntil(isReady, START_LIMIT);
  return ready ? null : `Envoy is not ready after ${START_LIMIT / 1000} s`;
}

/**
 * The lines of an Envoy log that tell why it gave up: errors if there are any, else the end. A
 * plugin warns why it refuses its configuration, then Envoy reports errors.
 */
export function reasonsIn(log: string): string[] {
  const lines = log.trim().split("\n");
  const errors = lines.filter((line) => /\]\[(critical|error)\]/.test(line));
  if (errors.length === 0) return lines.slice(-REASONS).map(shortened);
  const warnings = lines.filter((line) => /\]\[warning\]\[wasm\].* wasm log /.test(line));
  return [...warnings.slice(-1), ...errors.slice(-REASONS)].map(shortened);
}

function shortened(line: string): string {
  return line.slice(0, 400);
}
