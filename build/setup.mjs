// node build/setup.mjs <script.ts> [arguments…]
//
// The first step of every npm script: checks Node, installs the packages when some are missing or
// not those of the lock file, then runs the TypeScript file in this very process, so that its exit
// code, its terminal and its signals are ours. Plain JavaScript without dependencies, because it
// runs before anything is installed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NEEDED_NODE = [20, 19];
/** What npm has installed; it writes this at the end of every complete install. */
const INSTALLED = resolve(ROOT, "node_modules/.package-lock.json");
const LOCK = resolve(ROOT, "package-lock.json");
/** npm names the cause first and then repeats its manual. */
const LINES_SHOWN = 20;
/** Error codes npm reports when it cannot reach a registry. */
const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED|ERR_SOCKET_TIMEOUT)\b/;

/** Ends the process with one line that says what to do. */
function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])) return;
  fail(`Node ${NEEDED_NODE.join(".")} or newer is needed; this is ${process.versions.node}.`);
}

/** True when every package of the lock file is there in its version, optional ones apart. */
function isInstalled() {
  const installed = packagesIn(INSTALLED);
  const locked = packagesIn(LOCK) ?? {};
  if (!installed) return false;
  return Object.entries(locked).every(
    ([path, { version, link, optional, devOptional }]) =>
      !path.includes("node_modules/") ||
      optional ||
      devOptional ||
      (path in installed && installed[path].version === version && installed[path].link === link),
  );
}

/** The packages a lock file lists, by folder; null when there is no such file. */
function packagesIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : null;
}

/** Runs npm and resolves to its exit code and everything it printed. */
function npm(args) {
  // npm tells its scripts where its own program is; without npm (node build/setup.mjs) use the PATH.
  const script = process.env.npm_execpath;
  const [command, ...first] = script?.endsWith(".js") ? [process.execPath, script] : ["npm"];
  return new Promise((done) => {
    const child = spawn(command, [...first, ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (bytes) => (output += bytes));
    child.stderr.on("data", (bytes) => (output += bytes));
    child.on("error", (error) => done({ code: 1, output: `${command}: ${error.message}` }));
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}

async function install() {
  process.stdout.write("Installing the Node packages (npm ci), once …\n");
  const { code, output } = await npm([
    "ci",
    "--no-progress",
    "--loglevel=error", // or `npm start --silent` would keep the reason to itself
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
  ]);
  if (code === 0) return;
  const why = NO_NETWORK.exec(output)?.[0];
  if (why)
    fail(`No network: npm cannot download the packages (${why}). Connect, then run this again.`);
  const lines = output.trim().split("\n");
  process.stderr.write(`${lines.slice(0, LINES_SHOWN).join("\n")}\n`);
  fail("npm ci failed; it says why above.");
}

checkNode();
const [script, ...args] = process.argv.slice(2);
if (!script) fail("Usage: node build/setup.mjs <script.ts> [arguments…]");
process.chdir(ROOT);
if (!isInstalled()) await install();

const path = resolve(ROOT, script);
if (!existsSync(path)) fail(`${script} does not exist.`);
process.argv = [process.argv[0], path, ...args];
process.setSourceMapsEnabled(true);
const { register } = await import("tsx/esm/api");
register();
process.execArgv.push("--import", import.meta.resolve("tsx")); // for what the script forks
await import(pathToFileURL(path).href);
