// The Higress build exports every callback: Higress's Go test emulator calls them all without asking
// whether they exist (harness.md 7). In a gateway the idle ones cost about 2 µs per request
// (`empty` rows of `npm run bench`: 1.9 and 2.3 µs, ± 2 to 7).
export * from "./index";
export * from "proxy-wasm-as/callbacks";
export * from "proxy-wasm-as/callbacks-higress";
