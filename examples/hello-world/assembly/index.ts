import { register } from "proxy-wasm-as";
import { HelloRoot } from "./hello";

export * from "proxy-wasm-as/abi";
export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";

register((id) => new HelloRoot(id));
