import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { PLAN_HEADER, type Plan } from "./metered-model.js";

/** One request to a metered model. */
export interface Call {
  consumer: string;
  plan: Plan;
  /** The longest answer the request allows. */
  maxTokens: number;
}

/** How a call ended. */
export interface Ending {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const PATH = "/v1/chat/completions";

/** Clients of a gateway, each with a connection of its own. */
export class Crowd {
  private readonly agents: Agent[];

  constructor(
    private readonly port: number,
    size: number,
    /** What they call the gateway. */
    private readonly host = "127.0.0.1",
  ) {
    this.agents = Array.from({ length: size }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  }

  /** All at once. Each gets a supply of its own, and sends one call after the other until it is dry. */
  async run(supply: () => (last: Ending | null) => Call | null): Promise<void> {
    const work = this.agents.map(async (agent) => {
      const next = supply();
      for (let call = next(null); call;) call = next(await this.send(call, agent));
    });
    await Promise.all(work);
  }

  /** The body of a call; no plan makes its prompt longer than this has bytes. */
  static body({ maxTokens }: Call): string {
    const messages = [{ role: "user", content: "What is the answer?" }];
    return JSON.stringify({ model: "m", max_tokens: maxTokens, messages });
  }

  /** @param path another one: without a body */
  send(call: Call, agent = this.agents[0], path = PATH): Promise<Ending> {
    const body = path === PATH ? Crowd.body(call) : "";
    const headers = {
      host: this.host,
      "content-type": "application/json",
      "content-length": body.length,
      "x-mse-consumer": call.consumer,
      [PLAN_HEADER]: JSON.stringify(call.plan),
    };
    const options = { host: "127.0.0.1", port: this.port, method: body ? "POST" : "GET", path };
    return new Promise((done, fail) => {
      const sent = request({ ...options, headers, agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer
          .on("error", fail)
          .on("end", () =>
            done({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          );
      });
      sent.on("error", fail).end(body);
    });
  }

  leave(): void {
    for (const agent of this.agents) agent.destroy();
  }
}
