import { Agent, request } from "node:http";
import { startGateway, type Gateway } from "./gateway.js";

const PATH = "/v1/chat/completions";
const PATIENCE_MS = 30_000;

/** What a client got. */
export interface Reply {
  status: number;
  cache: string | undefined;
  text: string;
}

/** How it asks. */
export interface Asking {
  consumer?: string;
  stream?: boolean;
  agent?: Agent;
}

/** A real Envoy with ai-cache before a model. */
export class CacheGateway {
  private constructor(private readonly gateway: Gateway) {}

  /** @param clusters further ones: name → port on loopback */
  static async start(
    config: object,
    upstreamPort: number,
    clusters: Record<string, number> = {},
    workers = 4,
  ): Promise<CacheGateway> {
    const plugin = {
      name: "ai-cache",
      file: "build/envoy/ai-cache.wasm",
      config: JSON.stringify({ cacheHeaders: true, ...config }),
    };
    return new CacheGateway(
      await startGateway({ plugins: [plugin], upstreamPort, clusters, workers }),
    );
  }

  /** Asks over a connection of its own, unless the agent has one: any worker may get it. */
  ask(
    content: string,
    { consumer = "nobody", stream = false, agent = new Agent() }: Asking = {},
  ): Promise<Reply> {
    const body = JSON.stringify({ model: "m", stream, messages: [{ role: "user", content }] });
    const headers = { "content-type": "application/json", "x-mse-consumer": consumer };
    const { port } = this.gateway;
    return new Promise((done, fail) => {
      const options = { host: "127.0.0.1", port, method: "POST", path: PATH, headers, agent };
      const sent = request(options, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("error", fail);
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          const cache = answer.headers["x-cache-status"] as string | undefined;
          done({ status, cache, text: status === 200 ? textOf(text) : text });
        });
      });
      sent.on("error", fail);
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)));
      sent.end(body);
    });
  }

  /** A counter or gauge of the plugin; 0 while it has none. */
  async counter(name: string): Promise<number> {
    const stats = await this.gateway.envoy.get(`/stats?filter=wasmcustom.${name}$`);
    return Number(/: (\d+)/.exec(stats)?.[1] ?? 0);
  }

  stop(): Promise<void> {
    return this.gateway.envoy.stop();
  }
}

/** The text of an answer, whichever way it came. */
function textOf(body: string): string {
  if (!body.startsWith("data:")) {
    const answer = JSON.parse(body) as { choices: { message: { content: string } }[] };
    return answer.choices[0]?.message.content ?? "";
  }
  const events = body.split("\n\n").map((event) => event.replace(/^data: ?/, ""));
  return events
    .filter((data) => data !== "" && data !== "[DONE]")
    .map((data) => (JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0])
    .map((choice) => choice?.delta.content ?? "")
    .join("");
}
