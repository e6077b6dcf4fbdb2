// By name, because only libraries may touch raw memory (`--noUnsafe`, asc.ts).
export { unpack } from "@ai-gateway-wasm/unpack";
