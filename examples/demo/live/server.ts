import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { Fault } from "../mock-model/index.js";
import { Feed, type FeedOptions } from "./feed.js";
import { FAULTS, play, SCENARIOS, type FaultSwitch } from "./scenarios.js";

/** The files of the page; nothing else can be asked for. */
const FILES: Record<string, [file: string, type: string]> = {
  "/": ["index.html", "text/html"],
  "/page.css": ["page.css", "text/css"],
  "/page.js": ["page.js", "text/javascript"],
  "/dom.js": ["dom.js", "text/javascript"],
  "/figures.js": ["figures.js", "text/javascript"],
  "/requests.js": ["requests.js", "text/javascript"],
  "/controls.js": ["controls.js", "text/javascript"],
};

/** Only what this server itself serves: the page works without a network. */
const SAFE = {
  "content-security-policy":
    "default-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

export interface LiveOptions extends FeedOptions {
  /** Port on 127.0.0.1. */
  port: number;
  modelPort: number;
}

/** A running page. */
export interface LivePage {
  url: string;
  stop(): Promise<void>;
}

/**
 * Serves the page that shows the running chain.
 *
 * @throws Error of node:net when the port cannot be had
 */
export async function startLivePage(options: LiveOptions): Promise<LivePage> {
  const feed = await Feed.start(options);
  const site = new Site(options, feed);
  const server = createServer((request, response) => {
    site.answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready, fail) => {
    server.once("error", fail);
    server.listen(options.port, "127.0.0.1", () => ready());
  });
  return {
    url: `http://127.0.0.1:${options.port}`,
    async stop() {
      await feed.stop();
      server.closeAllConnections();
      await new Promise((stopped) => server.close(stopped));
    },
  };
}

class Site {
  constructor(
    private readonly options: LiveOptions,
    private readonly feed: Feed,
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.isOwn(request)) return reply(response, 403, { error: "not from here" });
    const path = request.url ?? "/";
    const file = FILES[path];
    if (request.method === "POST") return await this.act(path, response);
    if (request.method !== "GET") return reply(response, 405, { error: "GET or POST" });
    if (file) return await sendFile(response, ...file);
    if (path === "/events") return this.feed.join(response);
    if (path === "/controls") return reply(response, 200, await this.controls());
    return reply(response, 404, { error: "no such page" });
  }

  /** Other sites in the same browser can neither read this one nor press its buttons. */
  private isOwn({ headers }: IncomingMessage): boolean {
    const { port } = this.options;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    if (!hosts.includes(headers.host ?? "")) return false;
    return (
      headers.origin === undefined || hosts.some((host) => headers.origin === `http://${host}`)
    );
  }

  private async act(path: string, response: ServerResponse): Promise<void> {
    const [, kind, id] = path.split("/");
    const scenario = SCENARIOS.find((one) => kind === "scenarios" && one.id === id);
    const fault = FAULTS.find((one) => kind === "faults" && one.id === id);
    if (scenario) return reply(response, 200, await play(scenario, this.options.gatewayPort));
    if (!fault) return reply(response, 404, { error: "no such button" });
    await this.toggle(fault);
    return reply(response, 200, await this.controls());
  }

  /** The model can only forget all its faults at once, and has one for each model. */
  private async toggle({ fault }: FaultSwitch): Promise<void> {
    const before = await this.faults();
    const rest = before.filter(({ model }) => model !== fault.model);
    const isOn = before.some((one) => isDeepStrictEqual(one, fault));
    await fetch(this.faultUrl, { method: "DELETE" });
    for (const one of isOn ? rest : [...rest, fault]) {
      await fetch(this.faultUrl, { method: "POST", body: JSON.stringify(one) });
    }
  }

  /** The faults that are on, whoever switched them on. */
  private async faults(): Promise<Fault[]> {
    return (await (await fetch(this.faultUrl)).json()) as Fault[];
  }

  private get faultUrl(): string {
    return `http://127.0.0.1:${this.options.modelPort}/mock/fault`;
  }

  private async controls(): Promise<object> {
    const faults = await this.faults();
    return {
      scenarios: SCENARIOS.map(({ id, title, about }) => ({ id, title, about })),
      faults: FAULTS.map(({ id, title, about, fault }) => {
        const isOn = faults.some((one) => isDeepStrictEqual(one, fault));
        return { id, title, about, isOn };
      }),
    };
  }
}

async function sendFile(response: ServerResponse, name: string, type: string): Promise<void> {
  const bytes = await readFile(new URL(`page/${name}`, import.meta.url));
  response.writeHead(200, { ...SAFE, "content-type": `${type}; charset=utf-8` }).end(bytes);
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...SAFE, "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
