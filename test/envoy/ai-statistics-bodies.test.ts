import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StatisticsGateway } from "./statistics-gateway.js";

// Bodies longer than Envoy's buffers, and the access log in JSON of Envoy's own making.

const LIMIT_MS = 120_000;
const MIB = 1024 * 1024;
type Node = Record<string, unknown>;

let gateway: StatisticsGateway;
beforeAll(async () => {
  gateway = await StatisticsGateway.start();
}, LIMIT_MS);
afterAll(() => gateway.stop());

/** `ai_log` of the request of a session, read once and decoded once: no escape is left in it. */
async function logOf(session: string): Promise<Node> {
  const found = (): Node | undefined =>
    readFileSync(join(gateway.envoy.folder, "raw.log"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse((JSON.parse(line) as { ai_log: string }).ai_log) as Node)
      .find((log) => log["session_id"] === session);
  await expect.poll(found, { timeout: 20_000 }).toBeDefined();
  return found()!;
}

test(
  "a request of 2 MiB and an answer of 3 MiB pass whole, and count",
  async () => {
    const messages = [{ role: "user", content: "q".repeat(2 * MIB) }];
    const question = JSON.stringify({ messages, model: "gpt-4" });
    const headers = { "x-mse-consumer": "large", "x-agent-session": "large" };
    const answer = await gateway.send(question, { ...headers, "x-more": String(3 * MIB) });

    const { asked, more } = JSON.parse(answer) as { asked: number; more: string };
    expect(asked).toBe(question.length);
    expect(more).toHaveLength(3 * MIB);
    expect(await logOf("large")).toMatchObject({
      body_truncated: true,
      chat_round: 1,
      question: null,
      answer: null,
      model: "gpt-4o",
      total_token: 15,
    });
    const page = await gateway.envoy.get("/stats/prometheus");
    expect(page).toMatch(/metric_total_token\{.*ai_model="gpt-4o",ai_consumer="large"\} 15/);
  },
  LIMIT_MS,
);

test("`log_raw_key` makes a log of Envoy's JSON need one decoding less", async () => {
  await gateway.ask('say "b"\n<&>', { "x-agent-session": "raw" });
  expect(await logOf("raw")).toMatchObject({ question: 'say "b"\n<&>', answer: 'a "b"' });
});
