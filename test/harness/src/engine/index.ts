/**
 * Layer 2, the stream engine: VMs and roots, the filter chain, local replies, limits, call-outs. It
 * asks an `Environment` for time, clusters and everything else; `Host` is one, a test's own another.
 */
export type { Chain, StreamFilter } from "./chain.js";
export { compile } from "./compile.js";
export type { Compiled } from "./compile.js";
export type { Environment, FaultPlan, Place, Scheduler, Timer, Tracer } from "./environment.js";
export { Thread } from "./lifecycle.js";
export type { ChainItem } from "./lifecycle.js";
export { MetricStore } from "./metrics.js";
export type { PluginSettings } from "./plugin.js";
export { HostProcess } from "./process.js";
export { Root } from "./root.js";
export { Stream } from "./stream.js";
export { Vm } from "./vm.js";
export type { VmSettings } from "./vm.js";
