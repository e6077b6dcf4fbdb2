// The exports every module has: both ABI markers, 0_2_100 first (Higress stops there and keeps
// StopIteration; Envoy skips the unknown name and finds 0_2_1, host.md 6.6), the allocator and the
// life of the root context. A plugin adds from `proxy-wasm-as/callbacks` what it overrides.
import "./assembly/abort"; // selected by --use, so it must be part of the program

export { proxy_abi_version_0_2_100, proxy_abi_version_0_2_1 } from "./assembly/abi/version";
export { proxy_on_memory_allocate } from "./assembly/abi/memory";
export {
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_vm_start,
} from "./assembly/abi/lifecycle";
