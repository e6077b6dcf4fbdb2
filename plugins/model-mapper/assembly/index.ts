import { register } from "proxy-wasm-as";
import { ModelMapperRoot } from "./plugin";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
} from "proxy-wasm-as/callbacks";

register((id) => new ModelMapperRoot(id));
