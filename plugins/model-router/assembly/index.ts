import { register } from "proxy-wasm-as";
import { ModelRouterRoot } from "./plugin";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_headers,
} from "proxy-wasm-as/callbacks";

register((id) => new ModelRouterRoot(id));
