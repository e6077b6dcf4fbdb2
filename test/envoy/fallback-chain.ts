import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { defaultAnswer, type Answer, type HeaderPair } from "../scenario/scenario.js";
import { wasmFilter } from "./bootstrap.js";
import { Envoy, loopback, sleep } from "./envoy.js";
import { ScriptedUpstream, type Visit } from "./upstream.js";

const TYPES = "type.googleapis.com/envoy.";
const WASM = "build/envoy/model-fallback.wasm";
const ACCESS_LOG = "access.jsonl";
const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/** Scripted models take one message per connection. */
const ONE_MESSAGE = {
  common_http_protocol_options: { max_requests_per_connection: 1 },
  explicit_http_config: { http_protocol_options: {} },
};
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
  /** Another module in both places, for comparisons. */
  wasm?: string;
}

/** What the access log says of one request. */
export interface LogRecord {
  id: string;
  status: number;
  details: string;
  flags: string;
  /** Attempts of the router. */
  attempts: number;
  chain: string;
  trace: string;
  served: string;
  from: string;
}

/** What a client got. */
export interface Reply {
  /** Its request, for `record`. */
  id: string;
  status: number;
  headers: Headers;
  body: string;
}

let asked = 0;

/** An Envoy with model-fallback in both places before scripted models. */
export class FallbackChain {
  private constructor(
    readonly envoy: Envoy,
    readonly url: string,
    readonly models: Record<string, ScriptedUpstream>,
  ) {}

  static async start(options: ChainOptions): Promise<FallbackChain> {
    const models: Record<string, ScriptedUpstream> = {};
    const ports: Record<string, number | null> = {};
    for (const name of options.targets) {
      const model = new ScriptedUpstream(name, () => good(name));
      const broken = options.broken?.[name];
      const port = await model.start();
      ports[name] = broken === "empty" ? null : port;
      if (broken) await model.stop();
      else models[name] = model;
    }
    const envoy = await Envoy.start({
      bootstrap: bootstrap(options, ports),
      workers: options.workers,
    });
    const page = JSON.parse(await envoy.get("/listeners?format=json")) as {
      listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
    };
    const port = page.listener_statuses[0]!.local_address.socket_address.port_value;
    return new FallbackChain(envoy, `http://127.0.0.1:${port}`, models);
  }

  /** What a model answers from now on: the last one again and again. Forgets its visits. */
  script(name: string, ...answers: Partial<Answer>[]): void {
    this.models[name]!.reset((n) => ({
      ...good(name),
      ...answers[Math.min(n, answers.length - 1)],
    }));
  }

  /** Every model answers well, and has seen nothing. */
  reset(): void {
    for (const name of Object.keys(this.models)) this.script(name, {});
  }

  visits(name: string): Visit[] {
    return this.models[name]!.visits;
  }

  /** A chat request; `model` is what the client calls it. */
  async ask(
    body: object | string = { model: "r1", messages: [] },
    headers: Record<string, string> = {},
    path = "/v1/chat/completions",
  ): Promise<Reply> {
    const id = `test-${++asked}`;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const all = { "content-type": "application/json", "x-test-id": id, ...headers };
    return await new Promise<Reply>((resolve, reject) => {
      // A connection each, so that any worker may get it.
      const call = request(this.url + path, { method: "POST", headers: all, agent: false });
      call.on("error", reject).on("response", (answer) => {
        let got = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (got += piece));
        answer.on("error", reject).on("end", () => {
          const pairs = Object.entries(answer.headers).map(([key, value]) => [key, String(value)]);
          resolve({
            id,
            status: answer.statusCode ?? 0,
            headers: new Headers(pairs as [string, string][]),
            body: got,
          });
        });
      });
      call.end(text);
    });
  }

  /** The access log of one request. */
  async record({ id }: { id: string }): Promise<LogRecord> {
    const file = join(this.envoy.folder, ACCESS_LOG);
    for (;;) {
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
      const own = lines.map((line) => JSON.parse(line) as LogRecord).find((line) => line.id === id);
      if (own) return own;
      await sleep(20);
    }
  }

  /** Counters and gauges of the plugin, without their prefix; those that are not zero. */
  async metrics(): Promise<Record<string, number>> {
    const all = await this.envoy.stats("^wasmcustom.model_fallback");
    return Object.fromEntries(
      [...all].flatMap(([name, value]) =>
        value === 0 ? [] : [[name.replace("wasmcustom.model_fallback.", ""), value]],
      ),
    );
  }

  /** Lines of the plugin in Envoy's log. */
  lines(): string[] {
    return this.envoy.log.flatMap(({ component, text }) =>
      component === "wasm" ? [text.replace(/^wasm log[^:]*: /, "")] : [],
    );
  }

  /** How many threads have sent a request to another target than its first. */
  workersSeen(): number {
    const lines = this.envoy.log.filter(({ text }) => text.includes("] fallback "));
    return new Set(lines.map(({ thread }) => thread)).size;
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    for (const model of Object.values(this.models)) await model.stop();
  }
}

/** A whole chat answer. */
export function good(model: string): Answer {
  return {
    ...defaultAnswer(model),
    headers: [["content-type", "application/json"]],
    body: [Buffer.from(JSON.stringify({ model, choices: [{ message: { content: model } }] }))],
  };
}

/** A chat stream, one piece per event. */
export function stream(...events: string[]): Partial<Answer> {
  return {
    headers: [["content-type", "text/event-stream"]],
    body: events.map((event) => Buffer.from(event.endsWith("\n\n") ? event : `data: ${event}\n\n`)),
    chunked: true,
  };
}

export const EVENT = '{"choices":[{"delta":{"content":"a"}}]}';
export const LAST = '{"choices":[{"delta":{},"finish_reason":"stop"}]}';

/** An error as model servers send it. */
export function failing(status: number, headers: HeaderPair[] = []): Partial<Answer> {
  return {
    status,
    headers: [["content-type", "application/json"], ...headers],
    body: [Buffer.from(`{"error":{"message":"no","code":"c${status}"}}`)],
  };
}

/** The header as the model saw it, all values. */
export function header(visit: Visit | undefined, name: string): string[] {
  return (visit?.seen.headers ?? []).flatMap(([key, value]) =>
    key.toLowerCase() === name ? [value] : [],
  );
}

function bootstrap(options: ChainOptions, ports: Record<string, number | null>): object {
  const { targets, shape = "composite", further = {} } = options;
  const limit =
    options.bufferLimit === undefined
      ? {}
      : { per_connection_buffer_limit_bytes: options.bufferLimit };
  const clusters = [
    ...targets.map((name) => targetCluster(name, ports[name] ?? null)),
    shape === "priorities"
      ? prioritiesCluster(options, ports)
      : outerCluster(options, "llm-chain", targets),
    ...Object.entries(further).map(([name, of]) => outerCluster(options, name, of)),
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
        ...ONE_MESSAGE,
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

function targetCluster(name: string, port: number | null): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints(name, port) }] },
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        "@type": `${TYPES}extensions.upstreams.http.v3.HttpProtocolOptions`,
        ...ONE_MESSAGE,
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
        },
      },
    },
  };
}
