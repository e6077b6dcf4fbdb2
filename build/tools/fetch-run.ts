import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** How a program ended. `code` is null when it could not be started or died by a signal. */
export interface Finished {
  code: number | null;
  /** Standard output and standard error together. */
  output: string;
}

/**
 * Runs a program to its end, or to ours if that comes first. Never throws: a program that cannot
 * start is a Finished with code null.
 *
 * @param heard told all output so far whenever there is more
 */
export function run(
  command: string,
  args: string[],
  heard: (soFar: string) => void = () => {},
): Promise<Finished> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const end = () => child.kill();
    process.once("exit", end);
    let output = "";
    const keep = (text: string) => heard((output += text));
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => done({ code: null, output: error.message }));
    child.on("close", (code) => {
      process.off("exit", end);
      done({ code, output });
    });
  });
}

/** The first executable file of that name on the PATH; null when there is none. */
export function findOnPath(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder && isExecutable(join(folder, name))) return join(folder, name);
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
