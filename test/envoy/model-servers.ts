import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { startGateway, type Gateway, type GatewayOptions } from "./gateway.js";

/** A request as one of the models saw it. */
export interface Visit {
  model: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Servers that answer with the name of their model, and remember what they were asked. */
export class ModelServers {
  /** Complete requests, in the order in which they ended. */
  readonly visits: Visit[] = [];
  /** Bytes of bodies that arrived, those of requests that are under way included. */
  bytes = 0;
  /** Requests that ended before their body did. */
  broken = 0;
  private readonly servers: Server[] = [];
  private readonly ports: Record<string, number> = {};

  /**
   * @param models the first one is the cluster `backend`
   * @param answer answers a complete request; default: 200 and the model's name
   */
  static async start(
    models: readonly string[],
    answer = (visit: Visit, response: ServerResponse): void => void response.end(visit.model),
  ): Promise<ModelServers> {
    const group = new ModelServers();
    for (const model of models) await group.add(model, answer);
    return group;
  }

  private async add(
    model: string,
    answer: (visit: Visit, response: ServerResponse) => void,
  ): Promise<void> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => {
        parts.push(part);
        this.bytes += part.length;
      });
      request.on("end", () => {
        const { url = "", headers } = request;
        const visit = { model, url, headers, body: Buffer.concat(parts) };
        this.visits.push(visit);
        answer(visit, response);
      });
      request.on("error", () => this.broken++);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    this.servers.push(server);
    this.ports[model] = (server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  /**
   * An Envoy with model-router whose routes look at `x-higress-llm-model`: the model of a server
   * leads to it, what no server has goes to the first.
   *
   * @param route further fields of the route that matches before the header exists
   */
  gateway(config: object, route = {}, more: Partial<GatewayOptions> = {}): Promise<Gateway> {
    const [first = "", ...others] = Object.keys(this.ports);
    const named = others.map((model) => ({
      match: {
        prefix: "/",
        headers: [{ name: "x-higress-llm-model", string_match: { exact: model } }],
      },
      route: { cluster: model, timeout: "0s" },
    }));
    const last = { match: { prefix: "/" }, route: { cluster: "backend", timeout: "0s" }, ...route };
    const virtual_hosts = [{ name: "all", domains: ["*"], routes: [...named, last] }];
    return startGateway({
      plugins: [
        {
          name: "model-router",
          config: JSON.stringify(config),
          file: "build/envoy/model-router.wasm",
        },
      ],
      upstreamPort: this.ports[first]!,
      clusters: Object.fromEntries(others.map((model) => [model, this.ports[model]!])),
      manager: { route_config: { virtual_hosts } },
      ...more,
    });
  }
}

/** Asks for a chat. */
export async function ask(
  gate: Gateway,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; model: string }> {
  const answer = await fetch(`${gate.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return { status: answer.status, model: await answer.text() };
}
