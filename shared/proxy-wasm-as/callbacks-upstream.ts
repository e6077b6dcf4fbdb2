// What a plugin re-exports that also stands in an upstream chain: `HttpContext.onDone`.
export { proxy_on_done } from "./assembly/abi/upstream";
