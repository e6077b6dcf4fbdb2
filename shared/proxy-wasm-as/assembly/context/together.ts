import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { LogLevel } from "../abi/enums";
import { logLine } from "../host/log";
import { getProperty } from "../host/property";
import { register, RootContext, RootFactory } from "./root";

// A module with several plugins, of which Envoy keeps one VM per thread for all its filters: the
// root id of a filter says which plugin it is.

const ROOT_ID: Slice = bytes("plugin_root_id");
const UNKNOWN: Slice = bytes("root_id is to name one of the plugins in this module:");

const names: Slice[] = [];
const factories: RootFactory[] = [];

/**
 * In place of `register` in a module with several plugins; called once for each, at the top level.
 *
 * @param name the `root_id` of its filters
 */
export function registerAs(name: Slice, create: RootFactory): void {
  names.push(name);
  factories.push(create);
  register(createNamed);
}

/** Null, which refuses the configuration, when the root id names no plugin. */
function createNamed(id: u32): RootContext | null {
  const rootId = getProperty(ROOT_ID);
  if (rootId !== null) {
    for (let i = 0; i < names.length; i++) {
      if (names[i].equals(rootId)) return factories[i](id);
    }
  }
  const line = new Builder().append(UNKNOWN);
  for (let i = 0; i < names.length; i++) line.appendByte(0x20).append(names[i]);
  logLine(LogLevel.Critical, line.view());
  return null;
}
