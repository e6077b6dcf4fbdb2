import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StatisticsGateway } from "./statistics-gateway.js";

// examples/statistics/envoy.yaml in a real Envoy: the metrics as Prometheus gets them, the lines of
// both access logs.

const LIMIT_MS = 120_000;
type Node = Record<string, unknown>;

let gateway: StatisticsGateway;
beforeAll(async () => {
  gateway = await StatisticsGateway.start();
}, LIMIT_MS);
afterAll(() => gateway.stop());

/** The lines of an access log, once there are so many. */
async function lines(name: string, count: number): Promise<Node[]> {
  const read = (): string[] =>
    readFileSync(join(gateway.envoy.folder, name), "utf8").split("\n").filter(Boolean);
  await expect.poll(() => read().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  return read().map((line) => JSON.parse(line) as Node);
}

/** The samples of Prometheus's page whose names begin so. */
async function samples(prefix: string): Promise<string[]> {
  const page = await gateway.envoy.get("/stats/prometheus");
  return page.split("\n").filter((line) => line.startsWith(prefix));
}

const QUESTION = 'say "b", jo@example.com';
const METRICS = "route_upstream_model_consumer_metric_";
const LABELS = 'ai_route="llm",ai_cluster="provider",ai_model="gpt-4o"';

/** A counter with all four labels, as the page spells it. */
function sample(name: string, consumer: string, value: number): string {
  return `${METRICS}${name}{${LABELS},ai_consumer="${consumer}"} ${value}`;
}

test(
  "metrics have the labels of Higress, log lines are JSON in JSON",
  async () => {
    await gateway.ask(QUESTION, { "x-mse-consumer": 'al"ice.metrics' });
    await gateway.ask(QUESTION, { "x-stream": "1" });

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
      // 6 × 2.5 + 4 × 1.25 + 5 × 10
      ["llm_cost_millionths", 70],
      ["llm_duration_count", 1],
      ["llm_request_count", 1],
    ] as const) {
      expect(counters).toContain(sample(name, 'al\\"ice_metrics', value));
      expect(counters).toContain(sample(name, "none", value));
    }
    expect(counters).toContain(sample("llm_stream_duration_count", "none", 1));
    expect(counters).toContain(sample("llm_status_2xx_count", "-", 2));
    const [memory] = await samples("ai_stat_vm_memory_bytes{}");
    expect(Number(memory?.split(" ")[1]) % 65536).toBe(0);
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

test(
  "a quote in a header of a client forges nothing in the log",
  async () => {
    const id = 'x","consumer":"root","y":"';
    await gateway.ask("who", { "x-request-id": id });
    const forged = async (): Promise<Node | undefined> =>
      (await lines("access.log", 1)).find((line) => String(line["request_id"]).startsWith("x"));
    await expect.poll(forged, { timeout: 20_000 }).toBeDefined();
    expect(await forged()).toMatchObject({ request_id: id });
    expect(await forged()).not.toHaveProperty("consumer");
  },
  LIMIT_MS,
);

test(
  "whatever clients call things, the page is UTF-8, for Prometheus would throw away all of it",
  async () => {
    const named = (bytes: Buffer) => ({ "x-mse-consumer": bytes.toString("latin1") });
    await gateway.ask("who", named(Buffer.from("raw\xff", "latin1")));
    await gateway.ask("who", named(Buffer.from("学".repeat(43))));
    await gateway.send(Buffer.from('{"model":"m\xfe"}', "latin1"), { "x-fail": "500" });

    const count = `${METRICS}llm_request_count`;
    await expect.poll(async () => (await samples(count)).length).toBeGreaterThanOrEqual(3);
    // What is no UTF-8 is U+FFFD here.
    const page = await gateway.envoy.get("/stats/prometheus");
    expect(page).not.toContain("\ufffd");
    expect(page).toContain('ai_consumer="raw_"');
    expect(page).toMatch(/ai_consumer="学{39}~[0-9a-f]{8}"/);
    expect(page).toContain('ai_model="m_"');
  },
  LIMIT_MS,
);

test.each(["endless", "mute"] as const)(
  "a client that resets its stream over HTTP/2 has left, and nothing failed: %s",
  async (stream) => {
    await gateway.reset(stream, { "x-mse-consumer": `left-${stream}`, "x-agent-session": stream });

    const ofSession = async (): Promise<Node | undefined> =>
      (await lines("access.log", 1)).find((line) =>
        String(line["ai_log"]).includes(`"session_id":"${stream}"`),
      );
    await expect.poll(ofSession, { timeout: 20_000 }).toBeDefined();
    const line = await ofSession();
    expect(line).toMatchObject({ response_code_details: "http2.remote_reset" });
    expect(JSON.parse(line!["ai_log"] as string)).toMatchObject({ finish: "client_abort" });
    const own = (await samples(METRICS)).filter((one) => one.includes(`left-${stream}`));
    expect(own.map((one) => one.replace(/^.*metric_(\w+).* (\d+)$/, "$1 $2")).sort()).toEqual([
      "llm_client_abort_count 1",
      "llm_request_count 1",
    ]);
  },
  LIMIT_MS,
);
