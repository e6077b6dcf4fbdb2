import { Envoy, loopback } from "./envoy.js";
import { wasmFilter } from "./bootstrap.js";
import type { PluginUse } from "../scenario/scenario.js";

const TYPES = "type.googleapis.com/envoy.extensions.";
const MANAGER = `${TYPES}filters.network.http_connection_manager.v3.HttpConnectionManager`;

export interface GatewayOptions {
  plugins: readonly (Pick<PluginUse, "name" | "config"> & Partial<PluginUse> & { file: string })[];
  /** Port of the upstream on loopback. */
  upstreamPort: number;
  /** Bytes a request body may have when it is held. Default: Envoy's own limit. */
  bufferLimit?: number;
  /** Further clusters: name → port on loopback. */
  clusters?: Record<string, number>;
  /** Worker threads; default 1. */
  workers?: number;
  /** Further fields of the connection manager. */
  manager?: object;
  /** Further fields of the one route's action. */
  route?: object;
}

/** An Envoy with plugins before one upstream. */
export interface Gateway {
  envoy: Envoy;
  port: number;
  url: string;
}

/** Starts an Envoy of one listener that takes HTTP/1.1 and HTTP/2. The caller stops `envoy`. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const envoy = await Envoy.start({ bootstrap: bootstrap(options), workers: options.workers });
  const { listener_statuses: [status] = [] } = JSON.parse(
    await envoy.get("/listeners?format=json"),
  ) as { listener_statuses?: { local_address: { socket_address: { port_value: number } } }[] };
  const port = status?.local_address.socket_address.port_value ?? 0;
  return { envoy, port, url: `http://127.0.0.1:${port}` };
}

function bootstrap(options: GatewayOptions): object {
  const { plugins, upstreamPort, bufferLimit, clusters = {}, manager, route } = options;
  const limit = bufferLimit === undefined ? {} : { per_connection_buffer_limit_bytes: bufferLimit };
  const filters = plugins.map((plugin, i) =>
    wasmFilter(
      {
        allowOnHeadersStopIteration: true,
        failurePolicy: "FAIL_RELOAD",
        rootId: "",
        ...plugin,
      },
      "test",
      i,
    ),
  );
  const router = {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${TYPES}filters.http.router.v3.Router` },
  };
  const typed_config = {
    "@type": MANAGER,
    stat_prefix: "http",
    codec_type: "AUTO",
    http_filters: [...filters, router],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            // The harness calls its one route so, too.
            { name: "default", match: { prefix: "/" }, route: { cluster: "backend", ...route } },
          ],
        },
      ],
    },
    ...manager,
  };
  const listener = {
    name: "gateway",
    address: loopback(0),
    ...limit,
    filter_chains: [
      { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config }] },
    ],
  };
  const targets = Object.entries({ backend: upstreamPort, ...clusters });
  return {
    static_resources: {
      listeners: [listener],
      clusters: targets.map(([name, port]) => ({ ...cluster(name, port), ...limit })),
    },
  };
}

function cluster(name: string, port: number): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }],
    },
  };
}
