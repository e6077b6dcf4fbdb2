import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { expect } from "vitest";

// The commands that `npm start` prints to be pasted, sent as curl would send them.

/** The curl commands of the demo's text, each on one line. */
export function printedCommands(output: string): string[] {
  const lines = output.replaceAll(/ \\\n\s+/g, " ").split("\n");
  return lines.map((line) => line.trim()).filter((line) => /^(for i in .* do )?curl /.test(line));
}

/** How often a loop sends its command. */
export function timesOf(command = ""): number {
  return Number(/seq (\d+)/.exec(command)?.[1]);
}

/** Sends what a curl command would send, a loop's once. */
export function run(command = ""): Promise<Response> {
  const curl = command.replace(/^for .* do /, "").replace(/; done$/, "");
  const words = [...curl.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const after = (flag: string) => words.filter((_, at) => words[at - 1] === flag);
  const headers = after("-H").map((header) => header.split(": ", 2) as [string, string]);
  const body = after("-d")[0];
  const url = words.find((word) => word.startsWith("http")) ?? "";
  const method = after("-X")[0] ?? (body === undefined ? "GET" : "POST");
  const isNamed = headers.some(([name]) => name === "Host");
  return isNamed ? sendToHost(url, headers, body) : fetch(url, { method, headers, body });
}

/** Posts; `fetch` would name the host of the URL, whatever the headers say. */
async function sendToHost(url: string, headers: [string, string][], body = ""): Promise<Response> {
  const sent = request(url, { method: "POST", headers: Object.fromEntries(headers) });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString();
  const pairs = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const init = { status: answer.statusCode, headers: pairs as [string, string][] };
  return new Response(text, init);
}

/** The text of a streamed chat answer. */
export function answerText(events: string): string {
  expect(events.endsWith("data: [DONE]\n\n")).toBe(true);
  const documents = events.match(/(?<=^data: )\{.*$/gm) ?? [];
  return documents.map((json) => JSON.parse(json).choices[0]?.delta.content ?? "").join("");
}
