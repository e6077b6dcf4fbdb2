import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, constants } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { Envoy, loopback } from "./envoy.js";

type Node = Record<string, unknown>;

/** A further plugin of the chain, and its configuration. */
export type FurtherPlugin = [name: string, configuration: object];

export interface StatisticsOptions {
  /** Spans go there, as examples/statistics/tracing.yaml says; without it there are none. */
  collectorPort?: number;
  /** Fields of ai-statistics in place of the example's. */
  own?: object;
}

/** examples/statistics/envoy.yaml in a real Envoy, before a model of its own. */
export class StatisticsGateway {
  private constructor(
    readonly envoy: Envoy,
    private readonly model: Server,
    private readonly url: string,
  ) {}

  /** @param plugins stand behind ai-statistics, in this order */
  static async start(
    plugins: readonly FurtherPlugin[] = [],
    options: StatisticsOptions = {},
  ): Promise<StatisticsGateway> {
    const model = await startModel();
    const { port } = model.address() as AddressInfo;
    const envoy = await Envoy.start({ bootstrap: localised(port, plugins, options) });
    const page = JSON.parse(await envoy.get("/listeners?format=json")) as {
      listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
    };
    const own = page.listener_statuses[0]?.local_address.socket_address.port_value ?? 0;
    return new StatisticsGateway(envoy, model, `http://127.0.0.1:${own}/v1/chat/completions`);
  }

  /** Address of the admin pages, without scheme. */
  get admin(): string {
    return readFileSync(join(this.envoy.folder, "admin"), "utf8").trim();
  }

  /**
   * One chat request; answers the body. The model streams to `x-stream`, fails for `x-fail`, says
   * nothing of usage to `x-silent`, what `x-say` wants, and so many bytes more as `x-more` wants.
   */
  ask(question: string, headers: Record<string, string> = {}): Promise<string> {
    const messages = [{ role: "user", content: question }];
    return this.send(JSON.stringify({ model: "gpt-4", messages }), headers);
  }

  /** The same with any body. In headers a character is a byte. */
  async send(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ): Promise<string> {
    const answer = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    return answer.text();
  }

  /** Leaves a stream that never ends. */
  async leave(question: string, headers: Record<string, string> = {}): Promise<void> {
    const leaving = new AbortController();
    const answer = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-stream": "endless", ...headers },
      body: JSON.stringify({ model: "gpt-4", messages: [{ role: "user", content: question }] }),
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    leaving.abort();
  }

  /**
   * The same over HTTP/2: the stream is reset, its connection stays.
   *
   * @param stream `endless`, or `mute`: it is reset before the answer begins
   */
  async reset(stream: "endless" | "mute", headers: Record<string, string>): Promise<void> {
    const { origin, pathname } = new URL(this.url);
    const session = connect(origin);
    const call = session.request({
      ":method": "POST",
      ":path": pathname,
      "content-type": "application/json",
      "x-stream": stream,
      ...headers,
    });
    call.on("error", () => undefined).end('{"model":"gpt-4"}');
    if (stream === "endless") await once(call, "data");
    else await this.waitForQuestion();
    call.close(constants.NGHTTP2_CANCEL);
    await once(call, "close");
    // Behind an answer to this the reset has arrived.
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    session.close();
  }

  /** Until the model hears the next question. */
  private async waitForQuestion(): Promise<void> {
    await once(this.model, "request");
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    this.model.closeAllConnections();
    this.model.close();
  }
}

async function startModel(): Promise<Server> {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 2 },
  };
  const delta = { id: "c2", model: "gpt-4o", choices: [{ delta: { content: "hel" } }] };
  const model = createServer((request, response) => {
    let asked = 0;
    request.on("data", (chunk: Buffer) => (asked += chunk.length));
    request.on("end", () => {
      const { "x-stream": stream, "x-fail": fail, "x-silent": silent } = request.headers;
      if (stream === "mute") return;
      const content = request.headers["x-say"] ?? 'a "b"';
      const choices = [{ index: 0, message: { content }, finish_reason: "stop" }];
      response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
      if (fail) return response.writeHead(Number(fail)).end('{"error":{"message":"x"}}');
      if (stream) response.write(`data: ${JSON.stringify(delta)}\n\n`);
      if (stream === "endless") return;
      const told = silent ? {} : { usage };
      const more = "x".repeat(Number(request.headers["x-more"] ?? 0));
      const last = JSON.stringify({ id: "c1", model: "gpt-4o", choices, asked, more, ...told });
      return response.end(stream ? `data: ${last}\n\ndata: [DONE]\n\n` : last);
    });
  });
  await new Promise<void>((ready) => model.listen(0, "127.0.0.1", ready));
  return model;
}

/** The example with ports and paths of this run. */
function localised(
  modelPort: number,
  plugins: readonly FurtherPlugin[],
  { collectorPort, own = {} }: StatisticsOptions,
): object {
  const text = readFileSync("examples/statistics/envoy.yaml", "utf8")
    .replaceAll("/etc/envoy/", join(process.cwd(), "build/envoy/"))
    .replace("path: access.log", "path: '%FOLDER%/access.log'")
    .replace("path: dialogues.log", "path: '%FOLDER%/dialogues.log'")
    .replace("type: STRICT_DNS", "type: STATIC");
  const bootstrap = parse(text) as Node;
  delete bootstrap["admin"];
  bootstrap["stats_flush_interval"] = "1s";
  const resources = bootstrap["static_resources"] as { listeners: Node[]; clusters: Node[] };
  const [listener = {}] = resources.listeners;
  listener["address"] = loopback(0);
  const chains = listener["filter_chains"] as { filters: { typed_config: Node }[] }[];
  const hcm = chains[0]!.filters[0]!.typed_config;
  const filters = hcm["http_filters"] as Node[];
  addRawLog(hcm);
  addFields(filters[0]!, { log_raw_key: "ai_log_json", ...own });
  filters.splice(1, 0, ...plugins.map((plugin) => further(filters[0]!, plugin)));
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: loopback(modelPort) } }] }];
  resources.clusters[0]!["load_assignment"] = { cluster_name: "provider", endpoints };
  if (collectorPort !== undefined) addTracing(hcm, resources.clusters, collectorPort);
  return bootstrap;
}

/** A third access log, in JSON of Envoy's making, of `ai_log` without escapes. */
function addRawLog(hcm: Node): void {
  const logs = hcm["access_log"] as { name: string; typed_config: Node }[];
  const file = logs[0]!.typed_config["@type"];
  const log_format = { json_format: { ai_log: "%FILTER_STATE(wasm.ai_log_json:PLAIN)%" } };
  const typed_config = { "@type": file, path: "%FOLDER%/raw.log", log_format };
  logs.push({ name: "raw", typed_config });
}

function addFields(filter: Node, fields: object): void {
  const { configuration } = (filter as unknown as WasmFilter).typed_config.config;
  const own = JSON.parse(configuration["value"] as string) as object;
  configuration["value"] = JSON.stringify({ ...own, ...fields });
}

/** examples/statistics/tracing.yaml, with the port of this run. */
function addTracing(hcm: Node, clusters: Node[], port: number): void {
  const text = readFileSync("examples/statistics/tracing.yaml", "utf8")
    .replaceAll("4318", String(port))
    .replace("type: STRICT_DNS", "type: STATIC");
  const added = parse(text) as { tracing: Node; clusters: Node[] };
  hcm["tracing"] = added.tracing;
  clusters.push(...added.clusters);
}

interface WasmFilter {
  typed_config: { config: { configuration: Node; allow_on_headers_stop_iteration?: boolean } };
}

/** A filter like that of ai-statistics. */
function further(filter: Node, [name, configuration]: FurtherPlugin): Node {
  const text = JSON.stringify(filter).replaceAll("ai-statistics", name);
  const copy = JSON.parse(text) as WasmFilter & Node;
  copy.typed_config.config.configuration["value"] = JSON.stringify(configuration);
  copy.typed_config.config.allow_on_headers_stop_iteration = true;
  return copy;
}
