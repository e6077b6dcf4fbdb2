import { loopback } from "./envoy.js";
import { BACKEND, type PluginUse, type RouteRule } from "../scenario/scenario.js";

const TYPES = "type.googleapis.com/envoy.";

/** Name of the access log in the folder of the run. */
export const ACCESS_LOG = "access.jsonl";
/** Name of the file with the listeners; replacing it changes them at run time. */
export const LISTENERS = "listeners.json";

/** Where a cluster leads. */
export interface ClusterOptions {
  name: string;
  /** Port on loopback; null = the cluster has no endpoint. */
  port: number | null;
  /** Speaks HTTP/2, as gRPC needs it. */
  h2?: boolean;
  /** Connections are used again. */
  keepAlive?: boolean;
}

/** Bootstrap with fixed clusters and listeners that come from a watched file. */
export function bootstrap(clusters: readonly ClusterOptions[]): object {
  return {
    node: { id: "node", cluster: "test" },
    static_resources: { clusters: clusters.map(cluster) },
    dynamic_resources: { lds_config: { path_config_source: { path: `%FOLDER%/${LISTENERS}` } } },
    stats_flush_on_admin: true,
  };
}

function cluster({ name, port, h2, keepAlive }: ClusterOptions): object {
  const endpoints = port === null ? [] : [{ endpoint: { address: loopback(port) } }];
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: endpoints }],
    },
    typed_extension_protocol_options: {
      [`${"envoy.extensions.upstreams.http.v3."}HttpProtocolOptions`]: {
        "@type": `${TYPES}extensions.upstreams.http.v3.HttpProtocolOptions`,
        // One message per connection: whatever follows it is surplus (request smuggling).
        common_http_protocol_options: keepAlive ? {} : { max_requests_per_connection: 1 },
        explicit_http_config: h2
          ? { http2_protocol_options: {} }
          : { http_protocol_options: { enable_trailers: true } },
      },
    },
  };
}

/** One listener with its own plugin instances. */
export interface ListenerOptions {
  /** Also the `vm_id` of its plugins, so that no two listeners share state. */
  id: string;
  plugins: readonly (PluginUse & { file: string })[];
  routes: readonly RouteRule[];
  /** Filter-state keys written to the access log. */
  attributes: readonly string[];
}

/** Content of the listeners file. */
export function listenersFile(listeners: readonly ListenerOptions[]): string {
  return JSON.stringify({ resources: listeners.map(listener) });
}

function listener(options: ListenerOptions): object {
  const manager = {
    "@type": `${TYPES}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    codec_type: "AUTO",
    http_protocol_options: { enable_trailers: true },
    access_log: [accessLog(options)],
    route_config: {
      name: "routes",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: routes(options.routes) }],
    },
    http_filters: [
      ...options.plugins.map((plugin, i) => wasmFilter(plugin, options.id, i)),
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${TYPES}extensions.filters.http.router.v3.Router` },
      },
    ],
  };
  return {
    "@type": `${TYPES}config.listener.v3.Listener`,
    name: options.id,
    address: loopback(0),
    // With SO_REUSEPORT the kernel may give one free port to two listeners.
    enable_reuse_port: false,
    filter_chains: [
      {
        filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
      },
    ],
  };
}

/** The plugin as plain Envoy's manifests configure it (host.md 6.6, 7.2). */
export function wasmFilter(plugin: PluginUse & { file: string }, vmId: string, place = 0): object {
  const { failurePolicy, capabilities } = plugin;
  const allowed = capabilities?.map((name): [string, object] => [name, {}]);
  return {
    name: `wasm-${place}`,
    typed_config: {
      "@type": `${TYPES}extensions.filters.http.wasm.v3.Wasm`,
      config: {
        name: plugin.name,
        root_id: plugin.rootId,
        ...(failurePolicy === "LEGACY_OPEN"
          ? { fail_open: true }
          : { failure_policy: failurePolicy }),
        allow_on_headers_stop_iteration: plugin.allowOnHeadersStopIteration,
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: plugin.config,
        },
        vm_config: {
          vm_id: vmId,
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: plugin.file } },
        },
        ...(allowed && {
          capability_restriction_config: { allowed_capabilities: Object.fromEntries(allowed) },
        }),
      },
    },
  };
}

function accessLog({ id, attributes }: ListenerOptions): object {
  const fields = attributes.map((key) => [`attribute ${key}`, `%FILTER_STATE(wasm.${key}:PLAIN)%`]);
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": `${TYPES}extensions.access_loggers.file.v3.FileAccessLog`,
      path: `%FOLDER%/${ACCESS_LOG}`,
      log_format: {
        json_format: {
          id,
          details: "%RESPONSE_CODE_DETAILS%",
          flags: "%RESPONSE_FLAGS%",
          ...(Object.fromEntries(fields) as Record<string, string>),
        },
      },
    },
  };
}

function routes(rules: readonly RouteRule[]): object[] {
  return (rules.length ? rules : [{ cluster: BACKEND }]).map(route);
}

function route(rule: RouteRule): object {
  const headers = Object.entries(rule.headers ?? {}).map(([name, value]) => ({
    name,
    string_match: { exact: value },
  }));
  const path = rule.path === undefined ? { prefix: rule.prefix ?? "/" } : { path: rule.path };
  const target = rule.clusterHeader
    ? { cluster_header: rule.clusterHeader }
    : { cluster: rule.cluster ?? BACKEND };
  const timeout = rule.timeoutMs === undefined ? {} : { timeout: `${rule.timeoutMs / 1000}s` };
  const { directResponse } = rule;
  return {
    ...(rule.name ? { name: rule.name } : {}),
    match: { ...path, ...(headers.length ? { headers } : {}) },
    ...(rule.metadata ? { metadata: { filter_metadata: rule.metadata } } : {}),
    ...(directResponse
      ? {
          direct_response: {
            status: directResponse.status,
            ...(directResponse.body === undefined
              ? {}
              : { body: { inline_string: directResponse.body } }),
          },
        }
      : { route: { ...target, ...timeout } }),
  };
}
