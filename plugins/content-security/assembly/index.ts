import { register } from "proxy-wasm-as";
import { ContentSecurityRoot } from "./plugin";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_http_call_response,
  proxy_on_log,
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
  proxy_on_tick,
} from "proxy-wasm-as/callbacks";

register((id) => new ContentSecurityRoot(id));
