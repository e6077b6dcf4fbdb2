import { upstream, type ClientResponse, type Host } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { modelRouter } from "./support";

const ask = (user: string, model: string) => ({
  target: "http://a.test/v1/chat/completions",
  headers: { "content-type": "application/json", "x-user": user, "x-asked": model },
  chunks: [`{"model":`, `"${model}"`, `,"messages":[]}`],
});

/** What each user and model must become, and of whom it is asked. */
const REQUESTS: [user: string, asked: string, model: string, provider: string][] = [
  ["alice", "chat", "r1", "deepseek"],
  ["bob", "chat", "gpt-4o", "openai"],
  ["alice", "map-1", "mapped-1", ""],
  ["bob", "other/x", "x", "other"],
];

function isRoutedAlone(host: Host, _answers: readonly (ClientResponse | null)[]): void {
  for (const { headers, body } of host.clusters["backend"]!.requests) {
    if (!body.endsWith("}")) continue;
    const header = (name: string) => headers.find(([other]) => other === name)?.[1] ?? "";
    const [, , model, provider] = REQUESTS.find(
      ([user, asked]) => user === header("x-user") && asked === header("x-asked"),
    )!;
    expect(header("x-provider")).toBe(provider);
    expect(header("x-model")).toBe(provider === "" ? model : `${provider}/${model}`);
    expect(body).toBe(`{"model":"${model}","messages":[]}`);
  }
}

// What one request becomes must never depend on another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: [modelRouter()],
    clusters: { backend: upstream().reply(200, { chunks: ["o", "k"] }) },
  }),
  requests: REQUESTS.map(([user, asked]) => ask(user, asked)),
  check: isRoutedAlone,
});
