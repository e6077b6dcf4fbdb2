import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Envoy, loopback } from "./envoy.js";

// examples/statistics/envoy.yaml in a real Envoy: the metrics as Prometheus gets them, the lines of
// both access logs.

const LIMIT_MS = 120_000;
type Node = Record<string, unknown>;

let model: Server;
let envoy: Envoy;
let url = "";

beforeAll(async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const choices = [{ index: 0, message: { content: 'a "b"' }, finish_reason: "stop" }];
  model = createServer((request, response) => {
    request.resume().on("end", () => {
      const isStream = request.headers["x-stream"] !== undefined;
      response.setHeader("content-type", isStream ? "text/event-stream" : "application/json");
      const delta = { id: "c2", model: "gpt-4o", choices: [{ delta: { content: "hel" } }] };
      if (isStream) response.write(`data: ${JSON.stringify(delta)}\n\n`);
      const last = JSON.stringify({ id: "c1", model: "gpt-4o", choices, usage });
      response.end(isStream ? `data: ${last}\n\ndata: [DONE]\n\n` : last);
    });
  });
  await new Promise<void>((ready) => model.listen(0, "127.0.0.1", ready));
  envoy = await Envoy.start({ bootstrap: localised((model.address() as AddressInfo).port) });
  const page = JSON.parse(await envoy.get("/listeners?format=json")) as {
    listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
  };
  const port = page.listener_statuses[0]?.local_address.socket_address.port_value ?? 0;
  url = `http://127.0.0.1:${port}/v1/chat/completions`;
}, LIMIT_MS);
afterAll(async () => {
  await envoy.stop();
  model.close();
});

/** The example with ports and paths of this run. */
function localised(modelPort: number): object {
  const text = readFileSync("examples/statistics/envoy.yaml", "utf8")
    .replace("/etc/envoy/ai-statistics.wasm", join(process.cwd(), "build/envoy/ai-statistics.wasm"))
    .replace("path: access.log", "path: '%FOLDER%/access.log'")
    .replace("path: dialogues.log", "path: '%FOLDER%/dialogues.log'")
    .replace("type: STRICT_DNS", "type: STATIC");
  const bootstrap = parse(text) as Node;
  delete bootstrap["admin"];
  bootstrap["stats_flush_interval"] = "1s";
  const resources = bootstrap["static_resources"] as { listeners: Node[]; clusters: Node[] };
  resources.listeners[0]!["address"] = loopback(0);
  const address = loopback(modelPort);
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  resources.clusters[0]!["load_assignment"] = { cluster_name: "provider", endpoints };
  return bootstrap;
}

async function ask(headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: '{"model":"gpt-4","messages":[{"role":"user","content":"say \\"b\\", jo@example.com"}]}',
  });
  return answer.text();
}

/** The lines of an access log, once there are so many. */
async function lines(name: string, count: number): Promise<Node[]> {
  const read = (): string[] =>
    readFileSync(join(envoy.folder, name), "utf8").split("\n").filter(Boolean);
  await expect.poll(() => read().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  return read().map((line) => JSON.parse(line) as Node);
}

/** The samples of Prometheus's page whose names begin so. */
async function samples(prefix: string): Promise<string[]> {
  const page = await envoy.get("/stats/prometheus");
  return page.split("\n").filter((line) => line.startsWith(prefix));
}

const METRICS = "route_upstream_model_consumer_metric_";
const LABELS = 'ai_route="llm",ai_cluster="provider",ai_model="gpt-4o"';

/** A counter with all four labels, as the page spells it. */
function sample(name: string, consumer: string, value: number): string {
  return `${METRICS}${name}{${LABELS},ai_consumer="${consumer}"} ${value}`;
}

test(
  "metrics have the labels of Higress, log lines are JSON in JSON",
  async () => {
    await ask({ "x-mse-consumer": 'al"ice.metrics' });
    await ask({ "x-stream": "1" });

    const [whole, stream] = await lines("access.log", 2);
    const log = JSON.parse(whole!["ai_log"] as string) as Node;
    expect(log).toMatchObject({ answer: 'a "b"', question: 'say "b", jo@example.com' });
    expect(log).toMatchObject({ model: "gpt-4o", total_token: 15, response_type: "normal" });
    expect(whole).toMatchObject({ route_name: "llm", upstream_cluster: "provider" });
    expect(JSON.parse(stream!["ai_log"] as string)).toMatchObject({ answer: "hel", chat_id: "c1" });

    const dialogues = await lines("dialogues.log", 2);
    const dialogue = JSON.parse(dialogues[0]!["ai_dialog"] as string) as Node;
    expect(dialogue).toMatchObject({ v: 1, question: 'say "b", **@*******.***' });
    expect(dialogue).toMatchObject({ finish: "complete", finish_reason: "stop" });

    const counters = await samples(METRICS);
    for (const [name, value] of [
      ["input_token", 10],
      ["output_token", 5],
      ["total_token", 15],
      ["llm_duration_count", 1],
      ["llm_request_count", 1],
    ] as const) {
      expect(counters).toContain(sample(name, 'al\\"ice_metrics', value));
      expect(counters).toContain(sample(name, "none", value));
    }
    expect(counters).toContain(sample("llm_stream_duration_count", "none", 1));
    expect(counters).toContain(sample("llm_status_2xx_count", "-", 2));
    // Envoy puts histograms together when it flushes.
    const histograms = (): Promise<string[]> => samples(`${METRICS}llm_`);
    await expect
      .poll(histograms, { timeout: 20_000 })
      .toContain(sample("llm_service_ms_count", "-", 2));
    expect(await histograms()).toContain(sample("llm_first_token_ms_count", "-", 1));
    expect(await histograms()).toContain(sample("llm_output_token_ms_count", "-", 1));
  },
  LIMIT_MS,
);
