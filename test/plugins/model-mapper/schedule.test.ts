import { upstream, type ClientResponse, type Host } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { FINAL, modelMapper } from "./support";

const ask = (model: string) => ({
  target: "http://a.test/v1/chat/completions",
  headers: { "content-type": "application/json", "x-asked": model },
  chunks: [`{"model":`, `"${model}"`, `,"messages":[]}`],
});

/** What each name must become, and what is told of it where that is something else. */
const NAMES: [asked: string, mapped: string, told?: string][] = [
  ["exact", "one"],
  ["map-1", "mapped-1"],
  ["keep-1", "keep-1", ""],
  ["else", "other"],
];

function isMappedAlone(host: Host, _answers: readonly (ClientResponse | null)[]): void {
  for (const { headers, body } of host.clusters["backend"]!.requests) {
    if (!body.endsWith("}")) continue;
    const sent = new Map(headers);
    const [, model, told = model] = NAMES.find(([asked]) => asked === sent.get("x-asked"))!;
    expect(sent.get(FINAL)).toBe(told);
    expect(body).toBe(`{"model":"${model}","messages":[]}`);
  }
}

// What one request becomes must never depend on another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: [modelMapper()],
    clusters: { backend: upstream().reply(200, { chunks: ["o", "k"] }) },
  }),
  requests: NAMES.map(([asked]) => ask(asked)),
  check: isMappedAlone,
});
