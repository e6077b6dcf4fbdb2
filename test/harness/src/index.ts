/** proxy-wasm-test: a proxy-wasm host in Node, under test control. */
export { createHost, Host } from "./kit/host.js";
export { StreamHandle } from "./kit/stream-handle.js";
export { Answer, ResponseHeaders } from "./kit/response.js";
export { composite, priorities, Targets } from "./kit/targets.js";
export { LiveUpstream, Upstream, upstream } from "./kit/upstream.js";
export type { ReplyFunction, ReplyInit, RequestMatch } from "./kit/upstream.js";
export { Redis, redis } from "./kit/redis.js";
export { LiveRedis } from "./kit/redis-live.js";
export { RedisDriver } from "./kit/redis-driver.js";
export type { RedisOptions } from "./kit/redis.js";
export { Trace } from "./kit/trace.js";
export { describeViolation, RULES } from "./kit/rules.js";
export { CutDifference } from "./kit/chunks.js";
export type {
  ChunkOptions,
  ChunkReport,
  ChunkRun,
  ChunkScenario,
  ChunkShape,
} from "./kit/chunks.js";
export { cutAt, cuts } from "./kit/cuts.js";
export type { Cut, CutOptions } from "./kit/cuts.js";
export type { ConfigOptions, ConfigScenario } from "./kit/config-fuzz.js";
export { ScheduleFailure } from "./kit/schedule.js";
export type {
  Schedule,
  ScheduleOptions,
  ScheduleReport,
  ScheduleScenario,
} from "./kit/schedule.js";
export type { ScheduledRequest } from "./kit/schedule-run.js";
export { fuzz } from "./kit/fuzz.js";
export type { Observation } from "./kit/observation.js";
export { checkLeaks, describeLeak } from "./kit/leak.js";
export type { LeakOptions, LeakReport } from "./kit/leak.js";
export { Random } from "./kit/random.js";
export { HarnessFault } from "./abi/fault.js";
export { LoadError } from "./abi/link.js";
export { Abi } from "./abi/abi.js";
export type { HostCall, HostCalls } from "./abi/abi.js";
export { GuestMemory } from "./abi/memory.js";
export { pairs } from "./abi/pairs.js";
export { encodeResp, parseResp, RespError } from "./abi/resp.js";
export type { RespValue } from "./abi/resp.js";
export { isWasm, parseModule, spellSignature } from "./abi/module.js";
export type { FunctionType, ModuleExport, ModuleImport, ModuleInfo } from "./abi/module.js";
export { BufferType, DataAction, HeaderMapType, HeadersAction, MetricType, ResponseFlag, Status } from "./abi/enums.js"; // prettier-ignore
export * as engine from "./engine/index.js";
export { findProfile, PROFILES } from "./profiles/index.js";
export type { EmulatorQuirks, Profile } from "./profiles/index.js";
export type * from "./types.js";
