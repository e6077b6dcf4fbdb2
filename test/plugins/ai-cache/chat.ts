/** What a client asks with. */
export interface Asking {
  consumer?: string;
  model?: string;
  stream?: boolean;
  headers?: Record<string, string>;
}

/** Headers and body of one question. @param question a text, or parts */
export function chatOf(
  question: string | object[],
  { consumer, model = "m", stream = false, headers = {} }: Asking = {},
): { method: "POST"; headers: Record<string, string>; body: string } {
  const identity: Record<string, string> =
    consumer === undefined ? {} : { "x-mse-consumer": consumer };
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...identity, ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: question }] }),
  };
}

/** A model that numbers its answers. */
export class NumberingModel {
  /** Questions that reached it. */
  readonly asked: string[] = [];

  answer(body: string): { type: string; body: string } {
    const { messages, stream } = JSON.parse(body) as {
      messages: { content: unknown }[];
      stream: boolean;
    };
    const question = messages.at(-1)?.content;
    this.asked.push(typeof question === "string" ? question : JSON.stringify(question));
    const content = `answer ${this.asked.length}`;
    if (stream) return { type: "text/event-stream", body: eventsOf(content) };
    const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
    const document = { id: "1", object: "chat.completion", choices: [choice] };
    return { type: "application/json", body: JSON.stringify(document) };
  }
}

function eventsOf(content: string): string {
  const event = (delta: object, finish_reason: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason }];
    return `data: ${JSON.stringify({ object: "chat.completion.chunk", choices })}\n\n`;
  };
  return `${event({ role: "assistant", content }, null)}${event({}, "stop")}data: [DONE]\n\n`;
}

interface Choice {
  message?: { content: string };
  delta?: { content?: string };
}

/** The text of an answer, whole or in events. */
export function textIn(body: string): string {
  const events = [...body.matchAll(/^data: ?(\{.*)$/gm)].map(([, json]) => json ?? "");
  return (events.length > 0 ? events : [body])
    .flatMap((json) => (JSON.parse(json) as { choices: Choice[] }).choices)
    .map(({ message, delta }) => message?.content ?? delta?.content ?? "")
    .join("");
}
