/** proxy-wasm-test: a proxy-wasm host in Node, under test control. */
export { createHost, Host } from "./kit/host";
export { StreamHandle } from "./kit/stream-handle";
export { Answer, ResponseHeaders } from "./kit/response";
export { LiveUpstream, Upstream, upstream } from "./kit/upstream";
export type { ReplyFunction, ReplyInit, RequestMatch } from "./kit/upstream";
export { Redis, redis } from "./kit/redis";
export type { RedisOptions } from "./kit/redis";
export type { RedisCall, RedisScript } from "./kit/redis-memory";
export { Trace } from "./kit/trace";
export { describeViolation, RULES } from "./kit/rules";
export { CutDifference, cuts, sameForAllCuts } from "./kit/chunks";
export type { Cut, CutOptions } from "./kit/chunks";
export { checkLeaks, describeLeak } from "./kit/leak";
export type { LeakOptions, LeakReport } from "./kit/leak";
export { Random } from "./kit/random";
export { HarnessFault } from "./abi/fault";
export { LoadError } from "./abi/link";
export { pairs } from "./abi/pairs";
export { encodeResp, parseResp, RespError } from "./abi/resp";
export type { RespValue } from "./abi/resp";
export { isWasm, parseModule, spellSignature } from "./abi/module";
export type { FunctionType, ModuleExport, ModuleImport, ModuleInfo } from "./abi/module";
export { BufferType, DataAction, HeaderMapType, HeadersAction, MetricType, ResponseFlag, Status } from "./abi/enums"; // prettier-ignore
export { findProfile, PROFILES } from "./profiles";
export type { EmulatorQuirks, Profile } from "./profiles";
export type * from "./types";
