import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request shall use, and how it is answered. */
export interface Plan {
  input: number;
  output: number;
  /** An error tells no usage and costs nothing. */
  answer: "json" | "stream" | "error";
}

/** What a consumer was served, as token-quota's report spells it. */
export interface Served {
  input: number;
  output: number;
  requests: number;
}

/** The request header in which a client tells its plan to the model. */
export const PLAN_HEADER = "x-plan";

/** A model that uses exactly what each request plans, and keeps account of it. */
export class MeteredModel {
  /** By the value of `x-mse-consumer`. */
  private readonly accounts = new Map<string, Served>();
  private held: (() => void)[] = [];
  /** So many requests have to be here before the first is answered. */
  private crowd = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<MeteredModel> {
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const model = new MeteredModel(server, (server.address() as AddressInfo).port);
    server.on("request", (request, response) => void model.receive(request, response));
    return model;
  }

  /** What the consumer has used so far. */
  served(consumer: string): Served {
    return this.accounts.get(consumer) ?? { input: 0, output: 0, requests: 0 };
  }

  /** Tokens of `served`. */
  tokens(consumer: string): number {
    const { input, output } = this.served(consumer);
    return input + output;
  }

  /** Answers nobody before so many requests are here at once; then everybody. */
  waitForCrowd(size: number): void {
    this.crowd = size;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for await (const _ of request);
    if (this.crowd) await this.gather();
    const plan = JSON.parse(String(request.headers[PLAN_HEADER])) as Plan;
    // A moment of its own for each answer: requests overlap in ever new ways.
    await new Promise((done) => setTimeout(done, (plan.input + plan.output) % 4));
    if (plan.answer === "error") {
      response.writeHead(500, { "content-type": "application/json" }).end('{"error":{}}');
      return;
    }
    this.note(String(request.headers["x-mse-consumer"]), plan);
    const usage = { prompt_tokens: plan.input, completion_tokens: plan.output };
    const tokens = { ...usage, total_tokens: plan.input + plan.output };
    if (plan.answer === "json") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "chat.completion", choices: [], usage: tokens }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n');
    response.end(`data: ${JSON.stringify({ choices: [], usage: tokens })}\n\ndata: [DONE]\n\n`);
  }

  private note(consumer: string, { input, output }: Plan): void {
    const before = this.served(consumer);
    this.accounts.set(consumer, {
      input: before.input + input,
      output: before.output + output,
      requests: before.requests + 1,
    });
  }

  private gather(): Promise<void> {
    return new Promise((go) => {
      this.held.push(go);
      if (this.held.length < this.crowd) return;
      this.crowd = 0;
      this.held.forEach((release) => release());
      this.held = [];
    });
  }
}
