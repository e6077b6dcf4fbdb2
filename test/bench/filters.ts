import type { Filter } from "./envoy.js";

// The HTTP filters of the scenarios in the JSON form of Envoy's configuration.

/** Who may call, and with which key. */
export interface Consumer {
  name: string;
  key: string;
}

/** `count` consumers with keys of 40 bytes, the length of a common API token. */
export function consumers(count: number): Consumer[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `consumer-${i}`,
    key: `sk-bench-${(i * 2_654_435_761).toString(36).padStart(14, "0")}${String(i).padStart(17, "0")}`,
  }));
}

/**
 * A proxy-wasm filter.
 *
 * @param module path of the .wasm
 * @param config what the plugin gets as its configuration, as text
 */
export function wasmFilter(module: string, config: string, name = "wasm"): Filter {
  return {
    name,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name,
        root_id: name,
        allow_on_headers_stop_iteration: true,
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: config,
        },
        vm_config: {
          vm_id: "bench",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: module } },
        },
      },
    },
  };
}

/** Envoy's own filter for API keys, set to do what key-auth does. */
export function nativeFilter(known: Consumer[]): Filter {
  return {
    name: "api_key_auth",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth",
      credentials: known.map(({ name, key }) => ({ client: name, key })),
      key_sources: [{ header: "x-api-key" }],
      forwarding: { header: "x-mse-consumer" },
    },
  };
}

/** The same in a Lua filter: look the key up, name the consumer, refuse everybody else. */
export function luaFilter(known: Consumer[]): Filter {
  const table = known.map(({ name, key }) => `["${key}"]="${name}"`).join(",");
  const code = `
local consumers = {${table}}
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove("x-mse-consumer")
  local key = headers:get("x-api-key")
  local consumer = key and consumers[key]
  if consumer == nil then
    handle:respond({[":status"] = "401"}, "unauthorized")
    return
  end
  headers:add("x-mse-consumer", consumer)
end`;
  return {
    name: "lua",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
      default_source_code: { inline_string: code },
    },
  };
}
