import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isScript } from "./check-report.js";

/** Rewrites every file, or the given ones, the way `npm run check` wants them. */
function format(paths: string[]): void {
  const manifest = createRequire(import.meta.url).resolve("prettier/package.json");
  const script = join(dirname(manifest), "bin/prettier.cjs");
  const files = paths.length > 0 ? paths : ["."];
  const args = [script, "--write", "--list-different", ...files];
  spawn(process.execPath, args, { stdio: "inherit" }).on("close", (code) => {
    process.exitCode = code ?? 1;
  });
}

if (isScript(import.meta.url)) format(process.argv.slice(2));
