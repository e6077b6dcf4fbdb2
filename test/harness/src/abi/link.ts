import type { Profile } from "../profiles/index.js";
import type { LogLine } from "../types.js";
import { envFunctions } from "./calls/index.js";
import { callbackSignature } from "./exports.js";
import type { HostFunction } from "./guest.js";
import { spellSignature, type ModuleImport, type ModuleInfo } from "./module.js";
import { wasiFunctions } from "./wasi.js";

/** The host refuses the module; the message is the host's own log line. */
export class LoadError extends Error {
  /** What the plugins logged before they failed. */
  readonly logs: LogLine[] = [];

  /** `stage`: where the host was when it gave up, its second line. */
  constructor(
    message: string,
    readonly hint = "",
    stage: "load" | "initialize" | null = null,
  ) {
    const reason = hint ? `${message} (${hint})` : message;
    super(stage ? `${reason}\nFailed to ${stage} Wasm code` : reason);
    this.name = "LoadError";
  }
}

const VERSION = /^proxy_abi_version_(\d_\d_\d+)$/;

/** ABI version: the first function export, in binary order, whose version the host knows. */
export function findAbi(info: ModuleInfo, profile: Profile): string {
  // Whatever it says: the Go emulator does not look.
  if (!profile.abiVersions) return "0_2_1";
  for (const item of info.exports) {
    const version = item.kind === "function" ? VERSION.exec(item.name)?.[1] : undefined;
    if (version && profile.abiVersions.includes(version)) return version;
  }
  throw new LoadError("Missing or unknown Proxy-Wasm ABI version", "", "load");
}

/** The host's function behind an import, or null. */
export function findHostFunction(
  item: ModuleImport,
  abi: string,
  profile: Profile,
): HostFunction | null {
  const wasi = item.module === "wasi_snapshot_preview1" || item.module === "wasi_unstable";
  const table = wasi ? wasiFunctions : item.module === "env" ? envFunctions : {};
  const found = Object.hasOwn(table, item.name) ? table[item.name]! : null;
  if (!found || profile.missing.has(item.name)) return null;
  if (found.higress && !profile.higressCalls) return null;
  if (found.abi && !found.abi.includes(abi)) return null;
  return found;
}

function checkImport(item: ModuleImport, abi: string, profile: Profile): void {
  if (item.kind === "memory" || item.kind === "table") return;
  const name = `${item.module}.${item.name}`;
  const found = item.kind === "function" ? findHostFunction(item, abi, profile) : null;
  if (!found) {
    const hint = name === "env.abort" ? "redefine abort: asc --use abort=<your function>" : "";
    throw new LoadError(
      `Failed to load Wasm module due to a missing import: ${name}`,
      hint,
      "initialize",
    );
  }
  const type = item.type!;
  if (type.params === found.params && type.results === found.results) return;
  const want = spellSignature(type);
  const have = spellSignature({ params: found.params, results: found.results });
  throw new LoadError(
    `Failed to load Wasm module due to an import type mismatch: ${name}, want: ${want}, but host exports: ${have}`,
    "",
    "initialize",
  );
}

/** Checks imports, exports and allocator as the host does; returns the ABI version. */
export function checkModule(info: ModuleInfo, profile: Profile): string {
  const abi = findAbi(info, profile);
  for (const item of info.imports) checkImport(item, abi, profile);
  for (const item of info.exports) {
    if (item.kind !== "function" || !item.type) continue;
    const want = callbackSignature(item.name, abi, profile.higressCalls);
    if (!want || (want.params === item.type.params && want.results === item.type.results)) continue;
    throw new LoadError(
      `Bad function signature for: ${item.name}, want: ${spellSignature(want)}, but the module exports: ${spellSignature(item.type)}`,
      "",
      "initialize",
    );
  }
  const has = (name: string) => info.exports.some((e) => e.name === name && e.kind === "function");
  const allocator = profile.emulator
    ? ["proxy_on_memory_allocate"]
    : ["malloc", "proxy_on_memory_allocate"];
  if (!allocator.some(has)) {
    throw new LoadError("Wasm module is missing malloc function.", "", "initialize");
  }
  return abi;
}
