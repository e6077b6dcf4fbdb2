import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  createHost,
  upstream,
  type Host,
  type HostOptions,
  type PluginOptions,
  type ProfileName,
} from "../../harness/src";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const source = "test/unit/harness/probe/probe.ts";

/** Builds the probe once per content of its source, with the imports its host has. */
function build(host: "envoy" | "higress" | "proxytest"): string {
  const hash = createHash("sha256")
    .update(readFileSync(root + source))
    .digest("hex")
    .slice(0, 12);
  const folder = `${root}.cache/harness`;
  const file = `${folder}/probe-${host}-${hash}.wasm`;
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  // Test files run in parallel: one compiles, the others wait for the file.
  const lock = `${file}.lock`;
  try {
    mkdirSync(lock);
  } catch {
    for (let i = 0; i < 1200 && existsSync(lock); i++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    if (existsSync(file)) return file;
  }
  const part = `${file}.${process.pid}`;
  const flags = ["--config", "none", "--runtime", "minimal", "--exportStart", "_initialize", "-O1"];
  const names = host === "envoy" ? [] : host === "higress" ? ["HIGRESS"] : ["HIGRESS", "PROXYTEST"];
  const define = names.flatMap((name) => ["--use", `${name}=1`]);
  const uses = ["--use", `abort=${source.replace(/\.ts$/, "")}/abort`, ...define];
  const asc = `${root}node_modules/assemblyscript/bin/asc.js`;
  execFileSync(process.execPath, [asc, source, "-o", part, ...flags, ...uses], { cwd: root, stdio: ["ignore", "ignore", "inherit"] }); // prettier-ignore
  renameSync(part, file);
  rmSync(lock, { recursive: true, force: true });
  return file;
}

export const probe = build("envoy");

const higressProbe = build("higress");
const proxytestProbe = build("proxytest");

/** The probe with every import the profile has. */
export function probeFor(profile: ProfileName): string {
  if (profile === "envoy-1.40") return probe;
  return profile === "proxytest" ? proxytestProbe : higressProbe;
}

/** Configuration from "callback: ops" lines. */
export type Script = Record<string, string>;

export function config(script: Script): string {
  return Object.entries(script)
    .map(([name, ops]) => `${name}: ${ops}`)
    .join("\n");
}

export interface ProbeOptions extends Omit<HostOptions, "plugins"> {
  plugin?: Partial<PluginOptions>;
}

/** A host with one probe and a backend that answers 200 `ok`. */
export function probeHost(script: Script, options: ProbeOptions = {}): Promise<Host> {
  const { plugin, ...rest } = options;
  const wasm = probeFor(options.profile ?? "envoy-1.40");
  return createHost({
    lifecycle: "single",
    strict: "off",
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    ...rest,
    plugins: [{ name: "probe", wasm, config: config(script), ...plugin }],
  });
}

/** What the probe logged, and the host's error lines. */
export function lines(host: Host): string[] {
  return host.logs.map((line) => line.text);
}
