/** A plugin in the HTTP filter chain. */
export interface WasmFilter {
  /** Name of the plugin, and of its file below `build/envoy/`. */
  plugin: string;
  /** The configuration, in the words of the plugin's README. */
  config: object;
  /** Environment variables of Envoy that the plugin may read. */
  env?: string[];
  /** The module; default `build/envoy/<plugin>.wasm`. */
  file?: string;
}

/** What the gateway listens on and where it sends requests. All addresses are 127.0.0.1. */
export interface Gateway {
  port: number;
  adminPort: number;
  modelPort: number;
  filters: WasmFilter[];
}

/** A body has to fit into this to be seen by a plugin, in bytes. */
const BUFFER_LIMIT = 10 * 1024 * 1024;

/** Envoy's start configuration: one listener, the filters, one upstream. */
export function gatewayBootstrap(gateway: Gateway): object {
  return {
    admin: { address: loopback(gateway.adminPort) },
    static_resources: {
      listeners: [
        {
          name: "gateway",
          address: loopback(gateway.port),
          per_connection_buffer_limit_bytes: BUFFER_LIMIT,
          filter_chains: [{ filters: [connectionManager(gateway.filters)] }],
        },
      ],
      clusters: [modelCluster(gateway.modelPort)],
    },
  };
}

function connectionManager(filters: WasmFilter[]): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
      stat_prefix: "gateway",
      // Client addresses and paths as an edge proxy should take them.
      use_remote_address: true,
      normalize_path: true,
      merge_slashes: true,
      http_filters: [...filters.map(wasmFilter), router()],
      route_config: {
        name: "routes",
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              // The mock's switches are for its own port only.
              { name: "mock", match: { prefix: "/mock/" }, direct_response: { status: 404 } },
              { name: "model", match: { prefix: "/" }, route: modelRoute() },
            ],
          },
        ],
      },
    },
  };
}

/** Answers of models take long and pause: Envoy's default of 15 s would cut them off. */
function modelRoute(): object {
  return { cluster: "model", timeout: "0s", idle_timeout: "0s" };
}

/** The plugin as Envoy's wasm filter. */
function wasmFilter({ plugin, config, env = [], file }: WasmFilter): object {
  return {
    name: plugin,
    typed_config: {
      "@type": type("filters.http.wasm.v3.Wasm"),
      config: {
        name: plugin,
        // A plugin that traps is loaded anew; the request it failed on gets 503, never a free pass.
        failure_policy: "FAIL_RELOAD",
        // Without it a plugin cannot hold the headers until it has seen the body.
        allow_on_headers_stop_iteration: true,
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: JSON.stringify(config),
        },
        vm_config: {
          vm_id: plugin,
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: file ?? `build/envoy/${plugin}.wasm` } },
          // Names only: the values stay out of this file and of Envoy's configuration dump.
          environment_variables: { host_env_keys: env },
        },
      },
    },
  };
}

function router(): object {
  return {
    name: "envoy.filters.http.router",
    typed_config: { "@type": type("filters.http.router.v3.Router") },
  };
}

function modelCluster(port: number): object {
  const endpoint = { endpoint: { address: loopback(port) } };
  return {
    name: "model",
    type: "STATIC",
    connect_timeout: "1s",
    per_connection_buffer_limit_bytes: BUFFER_LIMIT,
    load_assignment: { cluster_name: "model", endpoints: [{ lb_endpoints: [endpoint] }] },
  };
}

function loopback(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function type(name: string): string {
  return `type.googleapis.com/envoy.extensions.${name}`;
}
