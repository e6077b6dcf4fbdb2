import { register } from "proxy-wasm-as";
import { AiCacheRoot } from "./plugin";

export * from "proxy-wasm-as/abi";
// Name each callback that plugin.ts overrides, and no other: the gateway enters the module for
// every callback it finds.
export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";

register((id) => new AiCacheRoot(id));
