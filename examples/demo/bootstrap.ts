import { auditLog as auditLogger, BUFFER_LIMIT, stamp } from "./audit-log.js";

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
  /** `root_id`, for a plugin that stands in several places. */
  root?: string;
}

/** What the gateway listens on and where it sends requests. All addresses are 127.0.0.1. */
export interface Gateway {
  port: number;
  adminPort: number;
  modelPort: number;
  filters: WasmFilter[];
  /** Clusters that the filters call; the model server is behind each. */
  services?: string[];
  /** Models with others behind them, for when they fail; null: none. */
  fallback?: Fallback;
  /** Each request becomes a line of JSON here, with what the plugins say of it and took for it. */
  auditLog?: string;
}

/** What Envoy's router needs for strategy `native` of model-fallback. */
export interface Fallback {
  /** The plugin in the upstream chain: once for each attempt. */
  attempt: WasmFilter;
  /** Request header in which the plugin names one of the chains. */
  clusterHeader: string;
  /** Clusters made of others, in the order in which they are asked. */
  chains: Record<string, string[]>;
}

/** The labels of ai-statistics in `/stats/prometheus`. */
const STATISTICS_TAGS = [
  { tag_name: "ai_route", regex: "^wasmcustom\\.route\\.((.*?)\\.)upstream" },
  { tag_name: "ai_cluster", regex: "^wasmcustom\\..*?\\.upstream\\.((.*?)\\.)model" },
  { tag_name: "ai_model", regex: "^wasmcustom\\..*?\\.model\\.((.*?)\\.)consumer" },
  { tag_name: "ai_consumer", regex: "^wasmcustom\\..*?\\.consumer\\.((.*?)\\.)metric" },
];

/** Envoy's start configuration: one listener, the filters, one model server. */
export function gatewayBootstrap(gateway: Gateway): object {
  const { fallback, modelPort, services = [] } = gateway;
  const targets = new Set(Object.values(fallback?.chains ?? {}).flat());
  return {
    admin: { address: loopback(gateway.adminPort) },
    stats_config: { stats_tags: STATISTICS_TAGS },
    // Percentiles are worked out at each flush.
    stats_flush_interval: "1s",
    static_resources: {
      listeners: [
        {
          name: "gateway",
          address: loopback(gateway.port),
          per_connection_buffer_limit_bytes: BUFFER_LIMIT,
          filter_chains: [{ filters: [connectionManager(gateway)] }],
        },
      ],
      clusters: [
        ...["provider", ...services].map((name) => modelCluster(name, modelPort)),
        ...[...targets].map((name) => modelCluster(name, modelPort)),
        ...(fallback ? chainClusters(fallback) : []),
      ],
    },
  };
}

function connectionManager({ filters, fallback, auditLog }: Gateway): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
      stat_prefix: "gateway",
      // Client addresses and paths as an edge proxy should take them.
      use_remote_address: true,
      normalize_path: true,
      merge_slashes: true,
      http_filters: [
        ...(auditLog === undefined ? filters.map(wasmFilter) : stamped(filters)),
        router(),
      ],
      ...(auditLog !== undefined && { access_log: [auditLogger(auditLog, filters.length)] }),
      route_config: {
        name: "routes",
        // Nobody but the gateway itself says where a request goes.
        internal_only_headers: fallback ? [fallback.clusterHeader] : [],
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              ...OWN_PATHS.map(hidden),
              ...(fallback ? [chainRoute(fallback)] : []),
              { name: "llm", match: { prefix: "/" }, route: { cluster: "provider", ...PATIENT } },
            ],
          },
        ],
      },
    },
  };
}

/** The plugins, with a note of the time before and after each. */
function stamped(filters: WasmFilter[]): object[] {
  return [
    ...filters.flatMap((filter, i) => [...stamp(i), wasmFilter(filter)]),
    ...stamp(filters.length),
  ];
}

/** What the mock offers on its own port only: its switches, and what answers of the cache are found by. */
const OWN_PATHS = ["/mock/", "/api/embed", "/collections/"];

function hidden(prefix: string): object {
  return { name: "mock", match: { prefix }, direct_response: { status: 404 } };
}

/** Answers of models take long and pause: Envoy's default of 15 s would cut them off. */
const PATIENT = { timeout: "0s", idle_timeout: "0s" };

/** Where model-fallback has named a chain. */
function chainRoute({ clusterHeader }: Fallback): object {
  return {
    name: "chain",
    match: { prefix: "/", headers: [{ name: clusterHeader, present_match: true }] },
    route: { cluster_header: clusterHeader, ...PATIENT },
  };
}

/** The plugin as Envoy's wasm filter. Two of one plugin share a VM, if their `root` differs. */
function wasmFilter({ plugin, config, env = [], file, root }: WasmFilter): object {
  return {
    name: plugin,
    typed_config: {
      "@type": type("filters.http.wasm.v3.Wasm"),
      config: {
        name: plugin,
        ...(root !== undefined && { root_id: root }),
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

/** The model server under the name of one of its models; attempts know their target by it. */
function modelCluster(name: string, port: number): object {
  const metadata = { filter_metadata: { model_fallback: { target: name } } };
  const endpoint = { endpoint: { address: loopback(port) }, metadata };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    per_connection_buffer_limit_bytes: BUFFER_LIMIT,
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] },
  };
}

/** A cluster for each chain: attempt n goes to its n-th target. */
function chainClusters({ chains, attempt }: Fallback): object[] {
  return Object.entries(chains).map(([name, targets]) => ({
    name,
    connect_timeout: "1s",
    lb_policy: "CLUSTER_PROVIDED",
    per_connection_buffer_limit_bytes: BUFFER_LIMIT,
    cluster_type: {
      name: "envoy.clusters.composite",
      typed_config: {
        "@type": type("clusters.composite.v3.ClusterConfig"),
        clusters: targets.map((target) => ({ name: target })),
      },
    },
    // Envoy's default of 3 retries at once would leave most requests with their first failure.
    circuit_breakers: { thresholds: [{ max_retries: 10_000 }] },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": type("upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: { http_protocol_options: {} },
        http_filters: [wasmFilter(attempt), upstreamCodec()],
      },
    },
  }));
}

function upstreamCodec(): object {
  return {
    name: "envoy.filters.http.upstream_codec",
    typed_config: { "@type": type("filters.http.upstream_codec.v3.UpstreamCodec") },
  };
}

function loopback(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function type(name: string): string {
  return `type.googleapis.com/envoy.extensions.${name}`;
}
