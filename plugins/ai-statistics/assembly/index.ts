import { register } from "proxy-wasm-as";
import { StatisticsRoot } from "./plugin";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
} from "proxy-wasm-as/callbacks";
export { proxy_on_log } from "proxy-wasm-as/callbacks-end-of-all";

register((id) => new StatisticsRoot(id));
