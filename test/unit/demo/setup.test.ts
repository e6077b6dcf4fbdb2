import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A project in which `build/setup.mjs` has everything it needs, with nothing to download. */
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "setup-"));
  mkdirSync(join(project, "build"));
  copyFileSync("build/setup.mjs", join(project, "build/setup.mjs"));
  // Its only dependency stands in for tsx and lies in the project itself.
  put("package.json", { name: "p", version: "1.0.0", workspaces: ["tsx"] });
  const exports = { ".": "./loader.mjs", "./esm/api": "./api.mjs" };
  put("tsx/package.json", { name: "tsx", version: "1.0.0", exports });
  put("tsx/api.mjs", "export function register() {}");
  put("tsx/loader.mjs", "console.log('reads TypeScript');");
  put("package-lock.json", lock({}));
  put("hello.mjs", "console.log('hello', ...process.argv.slice(2)); process.exitCode = 7;");
});
afterEach(() => rmSync(project, { recursive: true }));

function put(path: string, content: string | object): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(project, path), text);
}

/** A lock file with the workspace and these further packages. */
function lock(packages: object, dependencies: object = {}): object {
  const root = { name: "p", version: "1.0.0", workspaces: ["tsx"], dependencies };
  const workspace = {
    "node_modules/tsx": { resolved: "tsx", link: true },
    tsx: { version: "1.0.0" },
  };
  return {
    name: "p",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: { "": root, ...workspace, ...packages },
  };
}

function setup(args: string[], nodeFlags: string[] = [], settings: Record<string, string> = {}) {
  // Nothing listens there.
  const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9/", ...settings };
  const options = { cwd: tmpdir(), env, encoding: "utf8" } as const;
  const script = join(project, "build/setup.mjs");
  return spawnSync(process.execPath, [...nodeFlags, script, ...args], options);
}

const INSTALLING = "Installing the Node packages (npm ci), once …\n";

describe("node build/setup.mjs <script>", () => {
  test("installs the packages first, only once, and runs the script as its own process", () => {
    const first = setup(["hello.mjs", "a", "--b"]);
    expect([first.stdout, first.stderr]).toEqual([`${INSTALLING}hello a --b\n`, ""]);
    expect(first.status).toBe(7);
    expect(existsSync(join(project, "node_modules/tsx/api.mjs"))).toBe(true);
    expect(setup(["hello.mjs"]).stdout).toBe("hello\n");
  });

  test("installs again when the lock file asks for more", () => {
    setup(["hello.mjs"]);
    put("more/package.json", { name: "more", version: "1.0.0" });
    put("package.json", { name: "p", version: "1.0.0", workspaces: ["tsx", "more"] });
    const more = {
      "node_modules/more": { resolved: "more", link: true },
      more: { version: "1.0.0" },
    };
    const text = JSON.stringify(lock(more)).replace('["tsx"]', '["tsx","more"]');
    put("package-lock.json", text);
    expect(setup(["hello.mjs"]).stdout).toBe(`${INSTALLING}hello\n`);
    expect(setup(["hello.mjs"]).stdout).toBe("hello\n");
  });

  test("a process the script forks reads TypeScript too, wherever it runs", () => {
    put(
      "parent.mjs",
      "import { fork } from 'node:child_process'; fork('child.mjs', { cwd: 'in' });",
    );
    put("in/child.mjs", "console.log('child');");
    expect(setup(["parent.mjs"]).stdout).toBe(`${INSTALLING}reads TypeScript\nchild\n`);
  });

  // `npm start --silent` hands its level down to the npm that installs.
  test.each(["notice", "silent"])("says in one line that there is no network: %s", (loglevel) => {
    const dependencies = { "a-package-for-tests": "1.0.0" };
    put("package.json", { name: "p", version: "1.0.0", workspaces: ["tsx"], dependencies });
    const wanted = { "node_modules/a-package-for-tests": { version: "1.0.0" } };
    put("package-lock.json", lock(wanted, dependencies));
    const settings = { npm_config_loglevel: loglevel };
    const { status, stdout, stderr } = setup(["hello.mjs"], [], settings);
    expect([status, stdout]).toEqual([1, INSTALLING]);
    expect(stderr).toBe(
      "No network: npm cannot download the packages (ECONNREFUSED). Connect, then run this again.\n",
    );
  });

  test("shows what npm says when it fails for another reason", () => {
    put("package-lock.json", { lockfileVersion: 3, packages: {} });
    const { status, stderr } = setup(["hello.mjs"]);
    expect(status).toBe(1);
    expect(stderr).toContain("npm error code EUSAGE");
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(21);
  });

  test("says in one line that Node is too old", () => {
    const pretend = "Object.defineProperty(process.versions,'node',{value:'20.18.3'})";
    const { status, stderr } = setup(
      ["hello.mjs"],
      ["--import", `data:text/javascript,${pretend}`],
    );
    expect(status).toBe(1);
    expect(stderr).toBe("Node 20.19 or newer is needed; this is 20.18.3.\n");
  });

  test("says how it is used", () => {
    expect(setup([]).stderr).toBe("Usage: node build/setup.mjs <script.ts> [arguments…]\n");
    setup(["hello.mjs"]);
    expect(setup(["missing.ts"]).stderr).toBe("missing.ts does not exist.\n");
  });
});
