import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Question {
  stream?: boolean;
  messages: { content: string }[];
}

/** A model that counts, and answers what it was asked and by whom, or what a test has told it to say. */
export class AskedModel {
  asked = 0;
  delayMs = 0;
  /** Answers by question: what stands between the quotes of a JSON string. */
  readonly says = new Map<string, Buffer>();

  private readonly server: Server = createServer((asked, answer) => {
    let body = "";
    asked.setEncoding("utf8").on("data", (part: string) => (body += part));
    asked.on("end", () => {
      this.asked++;
      const { stream, messages } = JSON.parse(body) as Question;
      const question = messages.at(-1)?.content ?? "";
      const text = `${question} for ${String(asked.headers["x-mse-consumer"])}`;
      setTimeout(() => {
        answer.setHeader("content-type", stream ? "text/event-stream" : "application/json");
        if (!stream) return answer.end(completion(this.says.get(question) ?? inside(text)));
        for (const piece of text.match(/.{1,5}/g) ?? []) answer.write(chunk(piece));
        return answer.end(chunk("", "stop") + "data: [DONE]\n\n");
      }, this.delayMs);
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((ready) => this.server.listen(0, "127.0.0.1", ready));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A text as it stands between the quotes of a JSON string. */
export function inside(text: string): Buffer {
  return Buffer.from(JSON.stringify(text).slice(1, -1));
}

function completion(content: Buffer): Buffer {
  const choice = { index: 0, message: { role: "assistant", content: "@" }, finish_reason: "stop" };
  const [before = "", after] = JSON.stringify({
    object: "chat.completion",
    choices: [choice],
  }).split("@");
  return Buffer.concat([Buffer.from(before), content, Buffer.from(after ?? "")]);
}

function chunk(content: string, finish: string | null = null): string {
  const choice = { index: 0, delta: { content }, finish_reason: finish };
  const event = { object: "chat.completion.chunk", choices: [choice] };
  return `data: ${JSON.stringify(event)}\n\n`;
}
