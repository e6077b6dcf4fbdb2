import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { callForeign } from "proxy-wasm-as";
import { PluginLog } from "./log";

const NAME: Slice = bytes("set_global_max_requests_per_io_cycle");

/**
 * Bounds how many requests of one connection the gateway begins before it looks at the others
 * (host.md 5.10). For `onConfigure`. It holds for the whole process, and the smallest number that was
 * ever set wins. Only Higress has it; plain Envoy has the runtime key
 * `http.max_requests_per_io_cycle`. A refusal is a warning, and no reason to refuse a configuration.
 *
 * @returns false when the gateway refused
 */
export function limitRequestsPerCycle(log: PluginLog, count: u64): bool {
  const argument = new StaticArray<u8>(8);
  for (let i = 0; i < 8; i++) argument[i] = <u8>(count >> (i * 8));
  if (callForeign(NAME, Slice.of(argument)) !== null) return true;
  log.warn("the gateway does not limit requests per IO cycle");
  return false;
}
