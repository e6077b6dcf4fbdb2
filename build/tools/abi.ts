import type { HostName } from "./build.js";
import { signature, type Signature } from "./wasm.js";

/**
 * The functions that Envoy 1.40 and Higress 2.2 offer to a module of ABI 0_2_1, with their exact
 * types. A module that imports anything else, or one of these with another type, is not loaded
 * ("Failed to load Wasm module due to a missing import").
 *
 * Sources: the proxy-wasm specification 0.2.1 and `exports.h` of proxy-wasm-cpp-host; the Higress
 * additions from higress-group/proxy-wasm-cpp-host, gateway 2.2.4.
 */
const COMMON = {
  proxy_log: 3,
  proxy_get_log_level: 1,
  proxy_get_property: 4,
  proxy_set_property: 4,
  proxy_get_buffer_bytes: 5,
  proxy_get_buffer_status: 3,
  proxy_set_buffer_bytes: 5,
  proxy_get_header_map_pairs: 3,
  proxy_set_header_map_pairs: 3,
  proxy_get_header_map_value: 5,
  proxy_add_header_map_value: 5,
  proxy_replace_header_map_value: 5,
  proxy_remove_header_map_value: 3,
  proxy_get_header_map_size: 2,
  proxy_send_local_response: 8,
  proxy_continue_stream: 1,
  proxy_close_stream: 1,
  proxy_http_call: 10,
  proxy_grpc_call: 12,
  proxy_grpc_stream: 9,
  proxy_grpc_send: 4,
  proxy_grpc_close: 1,
  proxy_grpc_cancel: 1,
  proxy_set_tick_period_milliseconds: 1,
  proxy_get_current_time_nanoseconds: 1,
  proxy_get_shared_data: 5,
  proxy_set_shared_data: 5,
  proxy_register_shared_queue: 3,
  proxy_resolve_shared_queue: 5,
  proxy_enqueue_shared_queue: 3,
  proxy_dequeue_shared_queue: 3,
  proxy_define_metric: 4,
  proxy_get_metric: 2,
  proxy_get_status: 3,
  proxy_set_effective_context: 1,
  proxy_done: 0,
  proxy_call_foreign_function: 6,
} as const;

const HIGRESS_ONLY = {
  proxy_redis_init: 7,
  proxy_redis_call: 5,
  proxy_inject_encoded_data_to_filter_chain: 3,
  proxy_get_upstream_hosts: 2,
  proxy_set_upstream_override_host: 2,
} as const;

const WASI = {
  fd_write: "i32 i32 i32 i32 -> i32",
  clock_time_get: "i32 i64 i32 -> i32",
  clock_res_get: "i32 i32 -> i32",
  random_get: "i32 i32 -> i32",
  environ_sizes_get: "i32 i32 -> i32",
  environ_get: "i32 i32 -> i32",
  args_sizes_get: "i32 i32 -> i32",
  args_get: "i32 i32 -> i32",
} as const;

/**
 * Functions both gateways have but the Go emulator of Higress's own plugin tests does not. People
 * run our Higress builds in it, so these builds must do without.
 */
export const MISSING_IN_GO_EMULATOR: ReadonlySet<string> = new Set([
  "env.proxy_get_current_time_nanoseconds",
  "env.proxy_get_log_level",
  "env.proxy_get_status",
  "env.proxy_get_header_map_size",
  "env.proxy_get_buffer_status",
  ...Object.keys(COMMON)
    .filter((name) => name.startsWith("proxy_grpc_"))
    .map((name) => `env.${name}`),
]);

/** `env.name` or `wasi_snapshot_preview1.name` → type, for everything the host offers. */
export function importsOf(host: HostName): ReadonlyMap<string, Signature> {
  const allowed = new Map<string, Signature>();
  const calls = host === "higress" ? { ...COMMON, ...HIGRESS_ONLY } : COMMON;
  for (const [name, parameters] of Object.entries(calls)) {
    allowed.set(`env.${name}`, signature(Array<string>(parameters).fill("i32"), ["i32"]));
  }
  for (const name of ["proxy_increment_metric", "proxy_record_metric"]) {
    allowed.set(`env.${name}`, "i32 i64 -> i32");
  }
  for (const [name, type] of Object.entries(WASI)) {
    allowed.set(`wasi_snapshot_preview1.${name}`, type);
    allowed.set(`wasi_unstable.${name}`, type);
  }
  return allowed;
}

/** True for a call that only Higress has, whatever its type. */
export function isHigressOnly(name: string): boolean {
  return name in HIGRESS_ONLY;
}

const i32s = (count: number): string[] => Array<string>(count).fill("i32");
const answers = (count: number): Signature => signature(i32s(count), ["i32"]);
const silent = (count: number): Signature => signature(i32s(count), []);

/** What a gateway calls, with the type it expects; another type fails the load. */
export const CALLBACKS: ReadonlyMap<string, Signature> = new Map([
  ["_initialize", silent(0)],
  ["_start", silent(0)],
  ["malloc", answers(1)],
  ["proxy_on_memory_allocate", answers(1)],
  ["proxy_on_context_create", silent(2)],
  ["proxy_on_vm_start", answers(2)],
  ["proxy_on_configure", answers(2)],
  ["proxy_validate_configuration", answers(2)],
  ["proxy_on_tick", silent(1)],
  ["proxy_on_request_headers", answers(3)],
  ["proxy_on_response_headers", answers(3)],
  ["proxy_on_request_body", answers(3)],
  ["proxy_on_response_body", answers(3)],
  ["proxy_on_request_trailers", answers(2)],
  ["proxy_on_response_trailers", answers(2)],
  ["proxy_on_request_metadata", answers(2)],
  ["proxy_on_response_metadata", answers(2)],
  ["proxy_on_http_call_response", silent(5)],
  ["proxy_on_redis_call_response", silent(4)],
  ["proxy_on_queue_ready", silent(2)],
  ["proxy_on_foreign_function", silent(3)],
  ["proxy_on_grpc_receive_initial_metadata", silent(3)],
  ["proxy_on_grpc_receive_trailing_metadata", silent(3)],
  ["proxy_on_grpc_receive", silent(3)],
  ["proxy_on_grpc_close", silent(3)],
  ["proxy_on_done", answers(1)],
  ["proxy_on_log", silent(1)],
  ["proxy_on_delete", silent(1)],
]);
