// What only Higress has. Use it behind `isDefined(HIGRESS)`: a module that imports one of these
// calls does not load in plain Envoy.
export { injectResponseBody } from "./assembly/host/inject";
export { redisCall, redisInit } from "./assembly/host/redis";
export { overrideUpstreamHost, upstreamHosts } from "./assembly/host/upstream-host";
