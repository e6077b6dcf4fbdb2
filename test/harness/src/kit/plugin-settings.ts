import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { asBytes } from "../abi/text.js";
import { compile } from "../engine/compile.js";
import type { ChainItem } from "../engine/lifecycle.js";
import type { PluginSettings } from "../engine/plugin.js";
import type { Json, NativeFilter, PluginOptions } from "../types.js";

/** One entry of `plugins`, checked, with defaults and compiled. */
export function settlePlugin(
  plugin: PluginOptions | NativeFilter,
  index: number,
  maxPages: number,
): ChainItem {
  if ("native" in plugin) return { native: plugin };
  if (plugin.failOpen !== undefined && plugin.failurePolicy !== undefined) {
    throw new TypeError("only one of fail_open or failure_policy can be set");
  }
  const settings: PluginSettings = {
    name: plugin.name ?? `p${index}`,
    rootId: plugin.rootId ?? "",
    config: configBytes(plugin.config),
    keepsStopIteration: plugin.allowOnHeadersStopIteration ?? false,
    failurePolicy: plugin.failOpen ? "LEGACY_OPEN" : (plugin.failurePolicy ?? "FAIL_CLOSED"),
    reloadBackoffMs: plugin.reloadBackoffMs ?? 1000,
    vm: {
      vmId: plugin.vmId ?? "",
      vmConfig: configBytes(plugin.vmConfig),
      environment: Object.entries(plugin.env ?? {}).map(([k, v]) => `${k}=${v}`),
      capabilities: plugin.allowedCapabilities?.length ? new Set(plugin.allowedCapabilities) : null,
      compiled: {
        ...compile(wasmBytes(plugin.wasm), maxPages),
        sourceMap: sourceMapOf(plugin.wasm),
      },
    },
  };
  return { plugin: settings };
}

function configBytes(config: Json | Uint8Array | undefined): Uint8Array {
  if (config === undefined) return new Uint8Array(0);
  if (config instanceof Uint8Array) return config;
  return asBytes(typeof config === "string" ? config : JSON.stringify(config));
}

const files = new Map<string, Uint8Array>();

function wasmBytes(wasm: PluginOptions["wasm"]): Uint8Array {
  if (wasm instanceof Uint8Array) return wasm;
  if (typeof wasm === "object" && "bytes" in wasm) return wasm.bytes;
  const key = String(wasm);
  let bytes = files.get(key);
  if (!bytes) files.set(key, (bytes = new Uint8Array(readFileSync(wasm))));
  return bytes;
}

/** The map `asc --sourceMap` leaves beside a file; null for bytes, or without one. */
function sourceMapOf(wasm: PluginOptions["wasm"]): SourceMap | null {
  if (typeof wasm !== "string" && !(wasm instanceof URL)) return null;
  const file = `${wasm instanceof URL ? fileURLToPath(wasm) : wasm}.map`;
  if (!existsSync(file)) return null;
  type Payload = ConstructorParameters<typeof SourceMap>[0];
  return new SourceMap(JSON.parse(readFileSync(file, "utf8")) as Payload);
}
