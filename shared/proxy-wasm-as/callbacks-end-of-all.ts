// In place of `proxy_on_log` of `proxy-wasm-as/callbacks`: also for requests that never reached the plugin.
export { proxy_on_log } from "./assembly/abi/end-of-all";
