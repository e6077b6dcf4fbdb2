export { unpack } from "@ai-gateway-wasm/unpack";
