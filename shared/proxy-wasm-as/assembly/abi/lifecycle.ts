import { createRoot } from "../context/root";
import { beginCallback, endCallback, endConfiguration } from "../dispatch/cycle";
import { addRoot, findRoot } from "../dispatch/roots";
import { noteStream } from "../dispatch/streams";
import { noteStart } from "../host/foreign";
import { clearOut, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";
import { BufferType, Status } from "./enums";
import { proxy_get_buffer_bytes } from "./imports";

const CONFIGURATION: i32 = BufferType.PluginConfiguration;

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
  if (isDefined(HIGRESS)) noteStart();
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
    clearOut();
    const status =
      configurationSize > 0
        ? proxy_get_buffer_bytes(CONFIGURATION, 0, configurationSize, OUT_PTR, OUT_SIZE)
        : Status.Ok;
    // Started without its configuration, a plugin that guards something would be open.
    if (status == Status.Ok || status == Status.NotFound) accepted = root.onConfigure(takeBytes());
    else root.onUnreadable(status);
  }
  endConfiguration();
  return accepted ? 1 : 0;
}
