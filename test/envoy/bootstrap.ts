import { loopback } from "./envoy.js";
import {
  BACKEND,
  targetsOf,
  type ClusterRule,
  type Json,
  type PluginUse,
  type RouteRule,
} from "../scenario/scenario.js";

const TYPES = "type.googleapis.com/envoy.";

/** Name of the access log in the folder of the run. */
export const ACCESS_LOG = "access.jsonl";
/** Name of the file with the listeners; replacing it changes them at run time. */
export const LISTENERS = "listeners.json";
/** Name of the file with the clusters that change at run time. */
export const CLUSTERS = "clusters.json";

/** Where a cluster leads. */
export interface ClusterOptions {
  name: string;
  /** Port on loopback; null = the cluster has no endpoint. */
  port: number | null;
  /** Speaks HTTP/2, as gRPC needs it. */
  h2?: boolean;
  /** Connections are used again. */
  keepAlive?: boolean;
  /** Metadata of the endpoint, by namespace. */
  metadata?: Record<string, Json>;
  /** Retries that may be under way at once; default Envoy's 3. */
  maxRetries?: number;
  /** Upstream filters, in order. */
  filters?: readonly object[];
}

/**
 * Bootstrap with fixed clusters; the listeners come from a watched file, and with `changing` other
 * clusters from another.
 */
export function bootstrap(clusters: readonly ClusterOptions[], changing = false): object {
  return {
    node: { id: "node", cluster: "test" },
    static_resources: { clusters: clusters.map(cluster) },
    dynamic_resources: {
      lds_config: { path_config_source: { path: `%FOLDER%/${LISTENERS}` } },
      ...(changing ? { cds_config: { path_config_source: { path: `%FOLDER%/${CLUSTERS}` } } } : {}),
    },
    stats_flush_on_admin: true,
  };
}

/** Content of the clusters file. */
export function clustersFile(clusters: readonly object[]): string {
  const type = `${TYPES}config.cluster.v3.Cluster`;
  return JSON.stringify({ resources: clusters.map((one) => ({ "@type": type, ...one })) });
}

/** A cluster with one endpoint, or none. */
export function cluster(options: ClusterOptions): object {
  const { name, port, metadata } = options;
  const endpoint = {
    endpoint: { address: loopback(port ?? 0) },
    ...(metadata ? { metadata: { filter_metadata: metadata } } : {}),
  };
  return {
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: port === null ? [] : [endpoint] }],
    },
    ...common(options),
  };
}

/** A cluster made of others. */
export function clusterOfOthers(rule: ClusterRule, options: Omit<ClusterOptions, "port">): object {
  const names = targetsOf(rule);
  const kind = rule.composite ? "composite" : "aggregate";
  const typed_config = {
    "@type": `${TYPES}extensions.clusters.${kind}.v3.ClusterConfig`,
    clusters: rule.composite ? names.map((name) => ({ name })) : names,
  };
  return {
    lb_policy: "CLUSTER_PROVIDED",
    cluster_type: { name: `envoy.clusters.${kind}`, typed_config },
    ...common(options),
  };
}

function common(options: Omit<ClusterOptions, "port">): object {
  const { name, h2, keepAlive, maxRetries, filters } = options;
  const codec = {
    name: "envoy.filters.http.upstream_codec",
    typed_config: { "@type": `${TYPES}extensions.filters.http.upstream_codec.v3.UpstreamCodec` },
  };
  return {
    name,
    connect_timeout: "5s",
    ...(maxRetries === undefined
      ? {}
      : { circuit_breakers: { thresholds: [{ max_retries: maxRetries }] } }),
    typed_extension_protocol_options: {
      [`${"envoy.extensions.upstreams.http.v3."}HttpProtocolOptions`]: {
        "@type": `${TYPES}extensions.upstreams.http.v3.HttpProtocolOptions`,
        // One message per connection: whatever follows it is surplus (request smuggling).
        common_http_protocol_options: keepAlive ? {} : { max_requests_per_connection: 1 },
        explicit_http_config: h2
          ? { http2_protocol_options: {} }
          : { http_protocol_options: { enable_trailers: true } },
        ...(filters?.length ? { http_filters: [...filters, codec] } : {}),
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
  /** Clusters that a route's retries go through from one priority to the next. */
  priorities?: ReadonlySet<string>;
  attemptCount?: boolean;
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
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          include_request_attempt_count: options.attemptCount ?? false,
          include_attempt_count_in_response: options.attemptCount ?? false,
          routes: routes(options),
        },
      ],
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

function routes({ routes, priorities = new Set() }: ListenerOptions): object[] {
  // The harness calls its one route so, too.
  const rules = routes.length ? routes : [{ name: "default", cluster: BACKEND }];
  return rules.map((rule) => route(rule, priorities));
}

/** The retry policy of a route; none when nothing asks for one. */
function retryPolicy({ retry, cluster }: RouteRule, priorities: ReadonlySet<string>): object {
  const next = cluster !== undefined && priorities.has(cluster);
  if (!retry && !next) return {};
  const { on, retries, perTryTimeoutMs, statusCodes } = retry ?? {};
  return {
    retry_policy: {
      ...(on === undefined ? {} : { retry_on: on }),
      ...(retries === undefined ? {} : { num_retries: retries }),
      ...(perTryTimeoutMs ? { per_try_timeout: `${perTryTimeoutMs / 1000}s` } : {}),
      ...(statusCodes ? { retriable_status_codes: statusCodes } : {}),
      ...(next ? { retry_priority: PREVIOUS_PRIORITIES } : {}),
    },
  };
}

const PREVIOUS_PRIORITIES = {
  name: "envoy.retry_priorities.previous_priorities",
  typed_config: {
    "@type": `${TYPES}extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig`,
    update_frequency: 1,
  },
};

function route(rule: RouteRule, priorities: ReadonlySet<string>): object {
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
      : { route: { ...target, ...timeout, ...retryPolicy(rule, priorities) } }),
  };
}
