// Every export the SDK has, as the Go emulator of Higress's plugin tests wants them.
export * from "proxy-wasm-as/abi";
export * from "proxy-wasm-as/callbacks";
export * from "proxy-wasm-as/callbacks-higress";
