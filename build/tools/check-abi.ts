import { existsSync, readFileSync } from "node:fs";
import { CALLBACKS, importsOf, isHigressOnly, MISSING_IN_GO_EMULATOR } from "./abi.js";
import { HOSTS, moduleNames, type HostName } from "./build.js";
import { runAsScript } from "./check-report.js";
import { readWasm, type WasmExport, type WasmImport } from "./wasm.js";

/** Higress knows the first and stops there; Envoy skips it as unknown and finds the second. */
const MARKERS = ["proxy_abi_version_0_2_100", "proxy_abi_version_0_2_1"];

const ASC_DEFAULTS: Record<string, string> = {
  "env.abort": "compile with build/tools/asc.ts (PLUGIN_FLAGS), which uses the abort of the SDK",
  "env.seed": "Math.random draws it in: use the random of proxy-wasm-as",
  "env.trace": "trace() draws it in: use the log of proxy-wasm-as",
  "env.Date.now": "Date draws it in: use the clock of proxy-wasm-as",
};

/** What would keep a module from loading, or from working, in the gateway; empty when nothing. */
export function abiProblems(bytes: Uint8Array, host: HostName): string[] {
  const { imports, exports } = readWasm(bytes);
  return [...importProblems(imports, host), ...exportProblems(exports)];
}

function importProblems(imports: WasmImport[], host: HostName): string[] {
  const offered = importsOf(host);
  const problems: string[] = [];
  for (const { module, name, kind, signature } of imports) {
    const full = `${module}.${name}`;
    const expected = offered.get(full);
    if (kind !== "function") {
      problems.push(`imports the ${kind} ${full}; gateways offer functions only`);
    } else if (host === "envoy" && isHigressOnly(name)) {
      problems.push(`imports ${full}, which only Higress has: guard it with isDefined(HIGRESS)`);
    } else if (expected === undefined) {
      const hint = ASC_DEFAULTS[full] ?? `no function of that name exists in ${host}`;
      problems.push(`imports ${full}: ${hint}`);
    } else if (expected !== signature) {
      problems.push(`imports ${full} as (${signature}); the host has (${expected})`);
    } else if (host === "higress" && MISSING_IN_GO_EMULATOR.has(full)) {
      problems.push(`imports ${full}, which the Go test emulator of Higress lacks`);
    }
  }
  return problems;
}

function exportProblems(exports: WasmExport[]): string[] {
  const problems: string[] = [];
  const markers = exports.filter((entry) => entry.name.startsWith("proxy_abi_version_"));
  const found = markers.map((entry) => entry.name);
  if (found.join() !== MARKERS.join()) {
    problems.push(`exports the ABI markers [${found.join(", ")}], not [${MARKERS.join(", ")}]`);
  }
  for (const marker of markers) {
    if (marker.kind !== "function") problems.push(`exports ${marker.name} as a ${marker.kind}`);
  }
  if (!exports.some((entry) => entry.name === "memory" && entry.kind === "memory")) {
    problems.push("does not export its memory");
  }
  if (!exports.some((entry) => entry.name === "proxy_on_memory_allocate")) {
    problems.push("does not export proxy_on_memory_allocate; the host cannot hand over bytes");
  }
  for (const { name, signature } of exports) {
    const expected = CALLBACKS.get(name);
    if (expected !== undefined && expected !== signature) {
      problems.push(`exports ${name} as (${signature}); the host calls (${expected})`);
    }
    if (expected === undefined && name.startsWith("proxy_on_")) {
      problems.push(`exports ${name}, which no host calls`);
    }
  }
  return problems;
}

/** Checks every plugin of the tree in both builds. */
export function checkAbi(): string[] {
  return HOSTS.flatMap((host) =>
    moduleNames().flatMap((plugin) => {
      const file = `build/${host}/${plugin}.wasm`;
      if (!existsSync(file)) return [`${file} is missing: npm run build`];
      return abiProblems(readFileSync(file), host).map((problem) => `${file} ${problem}`);
    }),
  );
}

runAsScript(import.meta.url, "abi", checkAbi);
