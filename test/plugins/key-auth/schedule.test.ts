import { upstream, type ClientResponse, type Host } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { keyAuth, RESTRICTED } from "./support";

const TARGET = "http://a.test/v1/chat/completions";
const ask = (key: string, model: string) => ({
  target: TARGET,
  headers: { "x-api-key": key, "content-type": "application/json" },
  chunks: [`{"model":`, `"${model}"`, `,"messages":[]}`],
});

/** Whose request each one is, and what it must be answered when an upstream has its say. */
const REQUESTS: [ReturnType<typeof ask>, number][] = [
  [ask("k1", "good"), 200],
  [ask("k1", "bad"), 403],
  [ask("wrong", "good"), 403],
  [ask("k1", "good"), 200],
  [ask("k1", "worse"), 403],
];

function isJudgedAlone(host: Host, answers: readonly (ClientResponse | null)[]): void {
  const backend = host.clusters["backend"]!.requests;
  for (const { headers, body } of backend) {
    expect(headers).toContainEqual(["x-mse-consumer", "picky"]);
    if (body.endsWith("}")) expect(body).toContain('"good"');
  }
  for (const [i, answer] of answers.entries()) {
    if (answer === null) continue;
    const [, status] = REQUESTS[i]!;
    // An upstream that takes too long is given up by the gateway.
    if (status === 200) expect([200, 504]).toContain(answer.status);
    else expect(answer.status).toBe(status);
  }
}

// What one request is judged by must never decide about another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: [keyAuth(RESTRICTED)],
    clusters: { backend: upstream().reply(200, { chunks: ["o", "k"] }) },
  }),
  requests: REQUESTS.map(([request]) => request),
  check: isJudgedAlone,
});
