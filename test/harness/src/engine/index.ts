/**
 * Layer 2, the stream engine: VMs and roots, the filter chain, local replies, limits, call-outs. It
 * asks an `Environment` for time, clusters and everything else; `Host` is one, a test's own another.
 */
export type { Chain, StreamFilter } from "./chain";
export { compile } from "./compile";
export type { Compiled } from "./compile";
export type { Environment, FaultPlan, Place, Scheduler, Timer, Tracer } from "./environment";
export { Thread } from "./lifecycle";
export type { ChainItem } from "./lifecycle";
export { MetricStore } from "./metrics";
export type { PluginSettings } from "./plugin";
export { HostProcess } from "./process";
export { Root } from "./root";
export { Stream } from "./stream";
export { Vm } from "./vm";
export type { VmSettings } from "./vm";
