// Host functions of module `env` that both hosts have (contracts/host.md 6.2), one declaration
// each. Only those a plugin reaches end up in its import section. `…Ptr` are addresses in guest
// memory, `out…` addresses the host writes to. Every call answers a `Status`.

// @ts-expect-error: decorator
@external("env", "proxy_log")
export declare function proxy_log(level: i32, messagePtr: usize, messageSize: i32): i32;

// Missing in Higress's Go test emulator, therefore only for the Envoy build (harness.md 7).
// @ts-expect-error: decorator
@external("env", "proxy_get_log_level")
export declare function proxy_get_log_level(outLevel: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_property")
export declare function proxy_get_property(
  pathPtr: usize,
  pathSize: i32,
  outPtr: usize,
  outSize: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_property")
export declare function proxy_set_property(
  pathPtr: usize,
  pathSize: i32,
  valuePtr: usize,
  valueSize: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_buffer_bytes")
export declare function proxy_get_buffer_bytes(
  type: i32,
  start: i32,
  length: i32,
  outPtr: usize,
  outSize: usize,
): i32;

// Missing in Higress's Go test emulator, as proxy_get_header_map_size, proxy_get_status and all of
// gRPC are: a module that imports one of them is not loaded there (harness.md 7).
// @ts-expect-error: decorator
@external("env", "proxy_get_buffer_status")
export declare function proxy_get_buffer_status(type: i32, outSize: usize, outFlags: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_buffer_bytes")
export declare function proxy_set_buffer_bytes(
  type: i32,
  start: i32,
  length: i32,
  dataPtr: usize,
  dataSize: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_pairs")
export declare function proxy_get_header_map_pairs(type: i32, outPtr: usize, outSize: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_header_map_pairs")
export declare function proxy_set_header_map_pairs(type: i32, pairsPtr: usize, pairsSize: i32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_size")
export declare function proxy_get_header_map_size(type: i32, outSize: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_header_map_value")
export declare function proxy_get_header_map_value(
  type: i32,
  namePtr: usize,
  nameSize: i32,
  outPtr: usize,
  outSize: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_add_header_map_value")
export declare function proxy_add_header_map_value(
  type: i32,
  namePtr: usize,
  nameSize: i32,
  valuePtr: usize,
  valueSize: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_replace_header_map_value")
export declare function proxy_replace_header_map_value(
  type: i32,
  namePtr: usize,
  nameSize: i32,
  valuePtr: usize,
  valueSize: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_remove_header_map_value")
export declare function proxy_remove_header_map_value(
  type: i32,
  namePtr: usize,
  nameSize: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_send_local_response")
export declare function proxy_send_local_response(
  code: i32,
  detailsPtr: usize,
  detailsSize: i32,
  bodyPtr: usize,
  bodySize: i32,
  headersPtr: usize,
  headersSize: i32,
  grpcStatus: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_continue_stream")
export declare function proxy_continue_stream(type: i32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_close_stream")
export declare function proxy_close_stream(type: i32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_http_call")
export declare function proxy_http_call(
  clusterPtr: usize,
  clusterSize: i32,
  headersPtr: usize,
  headersSize: i32,
  bodyPtr: usize,
  bodySize: i32,
  trailersPtr: usize,
  trailersSize: i32,
  timeoutMs: i32,
  outToken: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_status")
export declare function proxy_get_status(outCode: usize, outPtr: usize, outSize: usize): i32;

// Reserved, the five of gRPC: no wrapper yet, no plugin of the set calls gRPC. Refuse an empty
// service before calling: Envoy 1.40 aborts on one that parses as a message without target
// (test/envoy/probe-crash.test.ts).
// @ts-expect-error: decorator
@external("env", "proxy_grpc_call")
export declare function proxy_grpc_call(
  servicePtr: usize,
  serviceSize: i32,
  serviceNamePtr: usize,
  serviceNameSize: i32,
  methodPtr: usize,
  methodSize: i32,
  metadataPtr: usize,
  metadataSize: i32,
  messagePtr: usize,
  messageSize: i32,
  timeoutMs: i32,
  outToken: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_grpc_stream")
export declare function proxy_grpc_stream(
  servicePtr: usize,
  serviceSize: i32,
  serviceNamePtr: usize,
  serviceNameSize: i32,
  methodPtr: usize,
  methodSize: i32,
  metadataPtr: usize,
  metadataSize: i32,
  outToken: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_grpc_send")
export declare function proxy_grpc_send(
  token: u32,
  messagePtr: usize,
  messageSize: i32,
  endOfStream: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_grpc_close")
export declare function proxy_grpc_close(token: u32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_grpc_cancel")
export declare function proxy_grpc_cancel(token: u32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_tick_period_milliseconds")
export declare function proxy_set_tick_period_milliseconds(periodMs: i32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_shared_data")
export declare function proxy_get_shared_data(
  keyPtr: usize,
  keySize: i32,
  outPtr: usize,
  outSize: usize,
  outCas: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_shared_data")
export declare function proxy_set_shared_data(
  keyPtr: usize,
  keySize: i32,
  valuePtr: usize,
  valueSize: i32,
  cas: u32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_register_shared_queue")
export declare function proxy_register_shared_queue(
  namePtr: usize,
  nameSize: i32,
  outQueue: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_resolve_shared_queue")
export declare function proxy_resolve_shared_queue(
  vmIdPtr: usize,
  vmIdSize: i32,
  namePtr: usize,
  nameSize: i32,
  outQueue: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_enqueue_shared_queue")
export declare function proxy_enqueue_shared_queue(queue: u32, dataPtr: usize, dataSize: i32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_dequeue_shared_queue")
export declare function proxy_dequeue_shared_queue(queue: u32, outPtr: usize, outSize: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_define_metric")
export declare function proxy_define_metric(
  type: i32,
  namePtr: usize,
  nameSize: i32,
  outId: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_increment_metric")
export declare function proxy_increment_metric(id: u32, offset: i64): i32;

// @ts-expect-error: decorator
@external("env", "proxy_record_metric")
export declare function proxy_record_metric(id: u32, value: i64): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_metric")
export declare function proxy_get_metric(id: u32, outValue: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_effective_context")
export declare function proxy_set_effective_context(context: u32): i32;

// @ts-expect-error: decorator
@external("env", "proxy_done")
export declare function proxy_done(): i32;

// @ts-expect-error: decorator
@external("env", "proxy_call_foreign_function")
export declare function proxy_call_foreign_function(
  namePtr: usize,
  nameSize: i32,
  argumentPtr: usize,
  argumentSize: i32,
  outPtr: usize,
  outSize: usize,
): i32;

// WASI calls return an errno; 0 is success.

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clock_time_get(clock: i32, precision: i64, outTime: usize): i32;

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(ptr: usize, size: i32): i32;

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environ_sizes_get(outCount: usize, outSize: usize): i32;

// @ts-expect-error: decorator
@external("wasi_snapshot_preview1", "environ_get")
export declare function environ_get(pointers: usize, buffer: usize): i32;
