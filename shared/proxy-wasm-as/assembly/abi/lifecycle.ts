import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { createRoot } from "../context/root";
import { beginCallback, endCallback, endConfiguration } from "../dispatch/cycle";
import { addRoot, findRoot } from "../dispatch/roots";
import { noteStream } from "../dispatch/streams";
import { pluginConfiguration } from "../host/body";
import { logLine } from "../host/log";
import { LogLevel } from "./enums";

const UNREADABLE: Slice = bytes("error reading plugin configuration");

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent != 0) {
    noteStream(id, parent);
    return;
  }
  beginCallback(id);
  const root = createRoot(id);
  if (root !== null) addRoot(root);
  endCallback();
}

export function proxy_on_vm_start(id: u32, _configurationSize: i32): i32 {
  beginCallback(id);
  const root = findRoot(id);
  const accepted = root !== null && root.onStart();
  endCallback();
  return accepted ? 1 : 0;
}

export function proxy_on_configure(id: u32, configurationSize: i32): i32 {
  beginCallback(id);
  const root = findRoot(id);
  let accepted: bool = false;
  if (root !== null) {
    const configuration =
      configurationSize > 0 ? pluginConfiguration.read(0, configurationSize) : NO_BYTES;
    // Started without its configuration, a plugin that guards something would be open.
    if (configuration === null) logLine(LogLevel.Critical, UNREADABLE);
    else accepted = root.onConfigure(configuration);
  }
  endConfiguration();
  return accepted ? 1 : 0;
}
