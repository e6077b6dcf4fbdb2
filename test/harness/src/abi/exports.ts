/** Callbacks a guest may export, with the signature the host insists on (harness.md §5.8). */
const SIGNATURES: Record<string, string> = {
  proxy_on_context_create: "ii:",
  proxy_on_vm_start: "ii:i",
  proxy_validate_configuration: "ii:i",
  proxy_on_configure: "ii:i",
  proxy_on_tick: "i:",
  proxy_on_request_body: "iii:i",
  proxy_on_response_body: "iii:i",
  proxy_on_request_trailers: "ii:i",
  proxy_on_response_trailers: "ii:i",
  proxy_on_request_metadata: "ii:i",
  proxy_on_response_metadata: "ii:i",
  proxy_on_http_call_response: "iiiii:",
  proxy_on_grpc_receive_initial_metadata: "iii:",
  proxy_on_grpc_receive: "iii:",
  proxy_on_grpc_receive_trailing_metadata: "iii:",
  proxy_on_grpc_close: "iii:",
  proxy_on_queue_ready: "ii:",
  proxy_on_new_connection: "i:i",
  proxy_on_downstream_data: "iii:i",
  proxy_on_upstream_data: "iii:i",
  proxy_on_downstream_connection_close: "ii:",
  proxy_on_upstream_connection_close: "ii:",
  proxy_on_done: "i:i",
  proxy_on_log: "i:",
  proxy_on_delete: "i:",
  envoy_on_resolve_dns: "iii:",
  envoy_on_stats_update: "ii:",
};

export interface CallbackSignature {
  params: string;
  results: string;
}

/** Signature the host expects for a callback, or null if it does not look the name up. */
export function callbackSignature(
  name: string,
  abi: string,
  redis: boolean,
): CallbackSignature | null {
  const old = abi === "0_1_0";
  let text = SIGNATURES[name];
  if (name === "proxy_on_request_headers" || name === "proxy_on_response_headers") {
    text = old ? "ii:i" : "iii:i";
  } else if (name === "proxy_on_foreign_function" && !old) text = "iii:";
  else if (name === "proxy_on_redis_call_response" && redis) text = "iiii:";
  if (text === undefined) return null;
  const [params = "", results = ""] = text.split(":");
  return { params, results };
}
