import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createHost, upstream, type Host, type HostOptions, type PluginOptions } from "../../harness/src";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const source = "test/unit/harness/probe/probe.ts";

/** Builds the probe once per content of its source; `higress` adds the Higress-only imports. */
function build(higress: boolean): string {
  const hash = createHash("sha256").update(readFileSync(root + source)).digest("hex").slice(0, 12);
  const folder = `${root}.cache/harness`;
  const file = `${folder}/probe-${higress ? "higress" : "envoy"}-${hash}.wasm`;
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const part = `${file}.${process.pid}`;
  const flags = ["--config", "none", "--runtime", "minimal", "--exportStart", "_initialize", "-O1"];
  const uses = ["--use", `abort=${source.replace(/\.ts$/, "")}/abort`, ...(higress ? ["--use", "HIGRESS=1"] : [])];
  const asc = `${root}node_modules/assemblyscript/bin/asc.js`;
  execFileSync(process.execPath, [asc, source, "-o", part, ...flags, ...uses], { cwd: root, stdio: ["ignore", "ignore", "inherit"] }); // prettier-ignore
  renameSync(part, file);
  return file;
}

export const probe = build(false);
export const higressProbe = build(true);

/** Configuration from "callback: ops" lines. */
export type Script = Record<string, string>;

export function config(script: Script): string {
  return Object.entries(script).map(([name, ops]) => `${name}: ${ops}`).join("\n");
}

export interface ProbeOptions extends Omit<HostOptions, "plugins"> {
  plugin?: Partial<PluginOptions>;
}

/** A host with one probe and a backend that answers 200 `ok`. */
export function probeHost(script: Script, options: ProbeOptions = {}): Promise<Host> {
  const { plugin, ...rest } = options;
  const higress = (options.profile ?? "envoy-1.40") !== "envoy-1.40";
  return createHost({
    lifecycle: "single",
    strict: "off",
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    ...rest,
    plugins: [{ name: "probe", wasm: higress ? higressProbe : probe, config: config(script), ...plugin }],
  });
}

/** What the probe logged, and the host's error lines. */
export function lines(host: Host): string[] {
  return host.logs.map((line) => line.text);
}
