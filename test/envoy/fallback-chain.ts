import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { defaultAnswer, type Answer, type HeaderPair } from "../scenario/scenario.js";
import { Envoy, sleep } from "./envoy.js";
import { ACCESS_LOG, bootstrap, type ChainOptions } from "./fallback-bootstrap.js";
import { ScriptedUpstream, type Visit } from "./upstream.js";

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
  /** As Higress prints it; only its build writes it. */
  aiLog: string;
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

  /** The same, by what a model is asked. */
  answer(name: string, choose: (visit: Visit["seen"]) => Partial<Answer>): void {
    this.models[name]!.reset((_n, seen) => ({ ...good(name), ...choose(seen) }));
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
