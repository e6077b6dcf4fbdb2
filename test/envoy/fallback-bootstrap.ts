import { wasmFilter } from "./bootstrap.js";
import { loopback } from "./envoy.js";

const TYPES = "type.googleapis.com/envoy.";
const WASM = "build/envoy/model-fallback.wasm";
export const ACCESS_LOG = "access.jsonl";
const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/** Scripted models take one message per connection. */
const ONE_MESSAGE = {
  common_http_protocol_options: { max_requests_per_connection: 1 },
  explicit_http_config: { http_protocol_options: {} },
};
/** Without it Envoy drops the trailers of an HTTP/1.1 upstream. */
const WITH_TRAILERS = {
  ...ONE_MESSAGE,
  explicit_http_config: { http_protocol_options: { enable_trailers: true } },
};
const MANY_MESSAGES = { explicit_http_config: { http_protocol_options: {} } };
const PROPERTIES = ["chain", "trace", "served", "from"].map((name) => `model_fallback_${name}`);

/** How the targets of a chain are put together (model-fallback.md 7.1). */
export type Shape = "composite" | "aggregate" | "priorities";

export interface ChainOptions {
  shape?: Shape;
  /** Configuration without `role`. */
  config: object;
  /** Names of the targets, in order. */
  targets: readonly string[];
  /** A target with nobody at its address, or without any. */
  broken?: Record<string, "refused" | "empty">;
  workers?: number;
  /** Bytes a request body may have. */
  bufferLimit?: number;
  /** Filters before model-fallback. */
  before?: readonly object[];
  /** Further composite clusters, each a list of targets, for `breakerClusters`. */
  further?: Record<string, readonly string[]>;
  /** Fields of the route's action in place of the chain's cluster. */
  route?: object;
  /** The route answers by itself, with this status. */
  directResponse?: number;
  /** Models that keep their connections; scripted ones take one message on each. */
  keepsConnections?: boolean;
  /** `outlier_detection` of every target but the last, which is never ejected. */
  outliers?: object;
  /** Trailers of models' answers reach the filters. */
  trailers?: boolean;
  /** Another module in both places. */
  wasm?: string;
  /** The configuration is one of `replay`: the plugin stands in the listener's chain alone. */
  replays?: boolean;
}

/** An Envoy with the plugin in the listener's chain and in the upstream chain of the outer cluster. */
export function bootstrap(options: ChainOptions, ports: Record<string, number | null>): object {
  const { targets, shape = "composite", further = {} } = options;
  const limit =
    options.bufferLimit === undefined
      ? {}
      : { per_connection_buffer_limit_bytes: options.bufferLimit };
  const outer = [
    shape === "priorities"
      ? prioritiesCluster(options, ports)
      : outerCluster(options, "llm-chain", targets),
    ...Object.entries(further).map(([name, of]) => outerCluster(options, name, of)),
  ];
  const clusters = [
    ...targets.map((name) => targetCluster(options, name, ports[name] ?? null)),
    ...(options.replays ? [] : outer),
  ];
  return {
    static_resources: {
      listeners: [{ ...listener(options), ...limit }],
      clusters: clusters.map((cluster) => ({ ...cluster, ...limit })),
    },
  };
}

function plugin(options: ChainOptions, role: "listener" | "upstream"): object {
  return wasmFilter(
    {
      name: "model-fallback",
      rootId: role,
      config: JSON.stringify({ ...options.config, role }),
      file: options.wasm ?? WASM,
      failurePolicy: "FAIL_CLOSED",
      allowOnHeadersStopIteration: true,
    },
    "model-fallback",
  );
}

function listener(options: ChainOptions): object {
  const route = options.route ?? {
    cluster: "llm-chain",
    ...(options.shape && options.shape !== "composite" ? { retry_policy: PREVIOUS } : {}),
  };
  const manager = {
    "@type": `${TYPES}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    access_log: [accessLog()],
    http_filters: [
      ...(options.before ?? []),
      plugin(options, "listener"),
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${TYPES}extensions.filters.http.router.v3.Router` },
      },
    ],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            {
              match: { prefix: "/" },
              ...(options.directResponse === undefined
                ? { route: { timeout: "0s", ...route } }
                : { direct_response: { status: options.directResponse, body: BUSY } }),
            },
          ],
        },
      ],
    },
  };
  return {
    name: "gateway",
    address: loopback(0),
    filter_chains: [
      {
        filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
      },
    ],
  };
}

const BUSY = { inline_string: "busy" };

/** Without it a retry may go to the priority that failed. */
const PREVIOUS = {
  retry_priority: {
    name: "envoy.retry_priorities.previous_priorities",
    typed_config: {
      "@type": `${TYPES}extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig`,
      update_frequency: 1,
    },
  },
};

/** How a cluster speaks with its models. */
function protocolOf(options: ChainOptions): object {
  if (options.trailers) return WITH_TRAILERS;
  return options.keepsConnections ? MANY_MESSAGES : ONE_MESSAGE;
}

/** The upstream chain belongs to the cluster that the route names. */
function upstreamChain(options: ChainOptions): object {
  const codec = {
    name: "envoy.filters.http.upstream_codec",
    typed_config: {
      "@type": `${TYPES}extensions.filters.http.upstream_codec.v3.UpstreamCodec`,
    },
  };
  return {
    circuit_breakers: { thresholds: [{ max_retries: 10000, max_requests: 10000 }] },
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        "@type": `${TYPES}extensions.upstreams.http.v3.HttpProtocolOptions`,
        ...protocolOf(options),
        http_filters: [plugin(options, "upstream"), codec],
      },
    },
  };
}

function outerCluster(options: ChainOptions, name: string, targets: readonly string[]): object {
  const type =
    options.shape === "aggregate"
      ? {
          name: "envoy.clusters.aggregate",
          typed_config: {
            "@type": `${TYPES}extensions.clusters.aggregate.v3.ClusterConfig`,
            clusters: targets,
          },
        }
      : {
          name: "envoy.clusters.composite",
          typed_config: {
            "@type": `${TYPES}extensions.clusters.composite.v3.ClusterConfig`,
            clusters: targets.map((target) => ({ name: target })),
          },
        };
  return {
    name,
    connect_timeout: "1s",
    lb_policy: "CLUSTER_PROVIDED",
    cluster_type: type,
    ...upstreamChain(options),
  };
}

function prioritiesCluster(options: ChainOptions, ports: Record<string, number | null>): object {
  return {
    name: "llm-chain",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: "llm-chain",
      endpoints: options.targets.map((name, priority) => ({
        priority,
        lb_endpoints: endpoints(name, ports[name] ?? null),
      })),
    },
    ...upstreamChain(options),
  };
}

function targetCluster(options: ChainOptions, name: string, port: number | null): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints(name, port) }] },
    ...(options.outliers && name !== options.targets.at(-1)
      ? {
          outlier_detection: options.outliers,
          common_lb_config: { healthy_panic_threshold: { value: 0 } },
        }
      : {}),
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        "@type": `${TYPES}extensions.upstreams.http.v3.HttpProtocolOptions`,
        ...protocolOf(options),
      },
    },
  };
}

function endpoints(name: string, port: number | null): object[] {
  if (port === null) return [];
  const metadata = { filter_metadata: { model_fallback: { target: name } } };
  return [{ endpoint: { address: loopback(port) }, metadata }];
}

function accessLog(): object {
  const properties = PROPERTIES.map((name) => [
    name.replace("model_fallback_", ""),
    `%FILTER_STATE(wasm.${name}:PLAIN)%`,
  ]);
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": `${TYPES}extensions.access_loggers.file.v3.FileAccessLog`,
      path: `%FOLDER%/${ACCESS_LOG}`,
      log_format: {
        json_format: {
          id: "%REQ(X-TEST-ID)%",
          status: "%RESPONSE_CODE%",
          details: "%RESPONSE_CODE_DETAILS%",
          flags: "%RESPONSE_FLAGS%",
          attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
          ...(Object.fromEntries(properties) as Record<string, string>),
          aiLog: "%FILTER_STATE(wasm.ai_log:PLAIN)%",
        },
      },
    },
  };
}
