import { upstream, type ClientResponse, type Host } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { bothParts, JSON_TYPE, TARGET } from "./support";

const ask = (model: string) => ({
  target: TARGET,
  headers: { ...JSON_TYPE, "x-asked": model },
  chunks: [`{"model":`, `"${model}"`, `,"messages":[]}`],
});
const MODELS = ["m0", "m1", "m2"];

/** Each name becomes another, so that each request can be told from the others. */
const modelMapping = Object.fromEntries(MODELS.map((model) => [model, `own-${model}`]));
const CONFIG = {
  targets: [{ name: "a", cluster: "backend", modelMapping, auth: { apiTokens: ["key-a"] } }],
};

function isRewrittenAlone(host: Host, answers: readonly (ClientResponse | null)[]): void {
  for (const { headers, body } of host.clusters["backend"]!.requests) {
    expect(headers).toContainEqual(["authorization", "Bearer key-a"]);
    const asked = new Map(headers).get("x-asked");
    if (body.endsWith("}")) expect(body).toBe(`{"model":"own-${asked}","messages":[]}`);
  }
  for (const [i, answer] of answers.entries()) {
    if (answer === null) continue;
    // An upstream that takes too long is given up by the gateway.
    expect([200, 503, 504]).toContain(answer.status);
    if (answer.status === 200) expect(answer.headers.get("x-llm-model")).toBe(`own-${MODELS[i]}`);
  }
}

// What one attempt begins with must never reach another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: bothParts(CONFIG),
    clusters: {
      backend: upstream().reply(200, { headers: JSON_TYPE, chunks: ['{"choices"', ":[]}"] }),
    },
  }),
  requests: MODELS.map(ask),
  check: isRewrittenAlone,
});
