import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as send } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { raisePriority } from "./measure.js";
import { DIRECT_ANSWER, UPSTREAM_PREFIX } from "./traffic.js";

/** An HTTP filter of Envoy's configuration, in its JSON form. */
export type Filter = Record<string, unknown>;

/** Answer of one request: status and headers. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** Requests to this path come back with the consumer the filters forwarded, in `x-seen-consumer`. */
export const CHECK_PATH = "/check";

/** The same answer says in this header which kind of span ai-statistics took the request for. */
export const SPAN_KIND_HEADER = "x-seen-span-kind";

/** What the upstream's endpoint says that it is. */
export const UPSTREAM_TARGET = "bench";

/** What a cached answer of the upstream's model has. */
const DIRECT_BYTES = 1000;
const READY_TIMEOUT_MS = 60_000;

/** Nothing of ours survives the benchmark, even when it ends early. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
// A signal by itself ends Node without that event, and the Envoys would stay.
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const) {
  process.once(signal, () => process.exit(128 + number));
}

export interface EnvoyOptions {
  /** Worker threads; default 1. */
  workers?: number;
  /** Who answers paths that begin with `UPSTREAM_PREFIX`. */
  upstreamPort?: number;
  /** Filters in the chain of the upstream's cluster. */
  upstreamFilters?: Filter[];
}

/**
 * A running Envoy, by default with one worker, whose routes answer by themselves (`direct_response`)
 * unless they lead to the upstream: no access log, so the CPU time of the process is connection
 * handling, HTTP and filters.
 */
export class Envoy {
  private constructor(
    readonly port: number,
    /** Milliseconds from the start of the process to the first answer. */
    readonly readyMs: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param program path of Envoy
   * @param name of the scenario; names the files in .cache/bench
   * @throws Error with Envoy's own reason when it refuses the configuration or the module
   */
  static async start(
    program: string,
    name: string,
    filters: Filter[],
    { workers = 1, upstreamPort, upstreamFilters = [] }: EnvoyOptions = {},
  ): Promise<Envoy> {
    const folder = ".cache/bench/envoy";
    mkdirSync(folder, { recursive: true });
    const base = `${folder}/${name.replace(/\W+/g, "-")}`;
    const port = await freePort();
    writeFileSync(
      `${base}.json`,
      JSON.stringify(bootstrap(port, filters, upstreamFilters, upstreamPort)),
    );
    const started = performance.now();
    const child = spawn(
      program,
      [
        "-c",
        `${base}.json`,
        "--concurrency",
        String(workers),
        "--disable-hot-restart",
        "-l",
        "warn",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const log = createWriteStream(`${base}.log`);
    child.stderr.pipe(log);
    running.add(child);
    child.once("exit", () => running.delete(child));
    while (!(await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        if (!log.writableFinished) await once(log, "finish");
        throw new Error(refusal(readFileSync(`${base}.log`, "utf8")));
      }
      if (performance.now() - started > READY_TIMEOUT_MS) {
        child.kill("SIGKILL");
        throw new Error(`not ready after ${READY_TIMEOUT_MS / 1000} s, see ${base}.log`);
      }
      await sleep(2);
    }
    const readyMs = performance.now() - started;
    raisePriority(child.pid ?? -1);
    return new Envoy(port, readyMs, child);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** @param body a JSON document to post; without one it is a GET */
  request(path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    return request(this.port, path, headers, body);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await exited;
    clearTimeout(timer);
  }
}

/** The reason in the log of an Envoy that did not start: its last error, without time and thread. */
export function refusal(log: string): string {
  const errors = log.split("\n").filter((line) => /\[(error|critical)\]/.test(line));
  const wasm = errors.find((line) => /wasm/i.test(line));
  // A configuration that breaks a rule is printed in full, the rule comes after it.
  const rule = /^: (.* validation failed \(.*?\))/m.exec(log)?.[1];
  const line = wasm ?? rule ?? errors[errors.length - 1] ?? "exited without a message";
  return line.replace(/^(\[[^\]]*\])+\s*/, "").replace(/^\[[^\]]*\]\s*/, "");
}

function bootstrap(
  port: number,
  filters: Filter[],
  upstreamFilters: Filter[],
  upstreamPort = 0,
): unknown {
  const direct = { status: 200, body: { inline_string: "ok" } };
  const consumer = { key: "x-seen-consumer", value: "%REQ(x-mse-consumer)%" };
  const kind = `%FILTER_STATE(wasm.trace_span_tag.gen_ai.span.kind:PLAIN)%`;
  const routes = [
    {
      name: "check",
      match: { path: CHECK_PATH },
      direct_response: direct,
      response_headers_to_add: [
        { header: consumer },
        { header: { key: SPAN_KIND_HEADER, value: kind } },
      ],
    },
    ...(upstreamPort
      ? [{ name: "up", match: { prefix: UPSTREAM_PREFIX }, route: { cluster: "upstream" } }]
      : []),
    {
      name: "direct",
      match: { path: DIRECT_ANSWER.path },
      direct_response: { status: 200, body: { inline_string: "x".repeat(DIRECT_BYTES) } },
    },
    { name: "bench", match: { prefix: "/" }, direct_response: direct },
  ];
  const manager = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "bench",
    generate_request_id: false,
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [
      ...filters,
      {
        name: "router",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
      },
    ],
  };
  return {
    stats_flush_interval: "240s",
    static_resources: {
      clusters: upstreamPort ? [cluster(upstreamPort, upstreamFilters)] : [],
      listeners: [
        {
          name: "bench",
          address: loopback(port),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
    },
  };
}

function cluster(port: number, filters: Filter[]): unknown {
  const endpoint = {
    endpoint: { address: loopback(port) },
    metadata: { filter_metadata: { model_fallback: { target: UPSTREAM_TARGET } } },
  };
  return {
    name: "upstream",
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: { cluster_name: "upstream", endpoints: [{ lb_endpoints: [endpoint] }] },
    ...(filters.length && upstreamChain(filters)),
  };
}

/** Without filters Envoy's own chain stays, which is the codec alone. */
function upstreamChain(filters: Filter[]): object {
  const types = "type.googleapis.com/envoy.extensions.";
  return {
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": `${types}upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: { http_protocol_options: {} },
        http_filters: [
          ...filters,
          {
            name: "envoy.filters.http.upstream_codec",
            typed_config: { "@type": `${types}filters.http.upstream_codec.v3.UpstreamCodec` },
          },
        ],
      },
    },
  };
}

function loopback(port: number): unknown {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** True when something answers HTTP; a refusal by a filter is an answer. */
async function answers(port: number): Promise<boolean> {
  return await request(port, "/", {}).then(
    () => true,
    () => false,
  );
}

function request(
  port: number,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> {
  const type: Record<string, string> =
    body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = send({
      host: "127.0.0.1",
      port,
      path,
      method: body === undefined ? "GET" : "POST",
      headers: { ...type, ...headers },
      agent: false,
    });
    call.once("response", (response) => {
      response.resume();
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      );
    });
    call.once("error", reject).end(body);
  });
}
