// The Higress build exports every callback: Higress's Go test emulator calls them all without asking
// whether they exist (harness.md 7). In a gateway the idle ones cost 0.5 µs per request.
export * from "./index";
export * from "proxy-wasm-as/callbacks";
export * from "proxy-wasm-as/callbacks-higress";
