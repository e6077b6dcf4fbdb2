// Host functions that only Higress has (contracts/host.md 6.2). A module that imports one does
// not load in plain Envoy, so they may be reached only behind `isDefined(HIGRESS)`.

// @ts-expect-error: decorator
@external("env", "proxy_redis_init")
export declare function proxy_redis_init(
  servicePtr: usize,
  serviceSize: i32,
  usernamePtr: usize,
  usernameSize: i32,
  passwordPtr: usize,
  passwordSize: i32,
  timeoutMs: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_redis_call")
export declare function proxy_redis_call(
  servicePtr: usize,
  serviceSize: i32,
  queryPtr: usize,
  querySize: i32,
  outToken: usize,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_inject_encoded_data_to_filter_chain")
export declare function proxy_inject_encoded_data_to_filter_chain(
  dataPtr: usize,
  dataSize: i32,
  endOfStream: i32,
): i32;

// @ts-expect-error: decorator
@external("env", "proxy_get_upstream_hosts")
export declare function proxy_get_upstream_hosts(outPtr: usize, outSize: usize): i32;

// @ts-expect-error: decorator
@external("env", "proxy_set_upstream_override_host")
export declare function proxy_set_upstream_override_host(addressPtr: usize, addressSize: i32): i32;
