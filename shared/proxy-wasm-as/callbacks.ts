// The callbacks a plugin may re-export, by name, next to `proxy-wasm-as/abi`:
//
//   export * from "proxy-wasm-as/abi";
//   export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";
//
// Export what the plugin overrides and nothing else: the host enters the module for every exported
// callback of every stream.
export {
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
} from "./assembly/abi/request";
export {
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
} from "./assembly/abi/response";
export { proxy_on_delete, proxy_on_done, proxy_on_log } from "./assembly/abi/end";
export { proxy_on_queue_ready, proxy_on_tick } from "./assembly/abi/timer";
export { proxy_on_http_call_response } from "./assembly/abi/http-call";
