import { createHost, upstream, type Json } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { CHAT, good, TARGETS } from "./replay-chain.js";

// On Higress what became of a request stands in `ai_log` as `fallback` (model-fallback.md 4.3).

/** What `ai_log` holds, with times left out. */
async function log(build: "envoy" | "higress", before: string | null, statuses: number[]) {
  const model = (status: number) =>
    upstream().reply(status, status < 400 ? good("m") : { json: {} });
  const clusters = {
    backend: model(statuses[0]!),
    distill: model(statuses[1]!),
    qwen: model(statuses[2]!),
  };
  const config: Record<string, Json> = { strategy: "replay", targets: TARGETS };
  await using host = await createHost({
    profile: build === "envoy" ? "envoy-1.40" : "higress-2.2",
    plugins: [
      {
        name: "before",
        native: {
          requestHeaders: (_headers, _end, control) => {
            if (before !== null) control.setFilterState("ai_log", before);
            return "Continue" as const;
          },
        },
      },
      { wasm: `build/${build}/model-fallback.wasm`, allowOnHeadersStopIteration: true, config },
    ],
    clusters,
  });
  const headers = { "content-type": "application/json" };
  const reply = await host.fetch(CHAT, { method: "POST", headers, body: '{"model":"m"}' }).settle();
  const stored = reply.filterState["ai_log"];
  return stored === undefined ? null : Buffer.from(stored).toString();
}

/** As Higress's access log prints it: the inside of a JSON string. */
const read = (text: string | null) =>
  JSON.parse(JSON.parse(`"${text}"`) as string) as { fallback: { t: string; r: string }[] };
const steps = (text: string | null) => read(text).fallback.map(({ t, r }) => `${t}:${r}`);

test("the first target served", async () => {
  expect(steps(await log("higress", null, [200, 200, 200]))).toEqual(["r1:ok"]);
});

test("a later one served; what others logged stays", async () => {
  const found = await log("higress", '{\\"model\\":\\"a\\"}', [503, 200, 200]);
  expect(steps(found)).toEqual(["r1:status_503", "distill:ok"]);
  expect(read(found)).toMatchObject({ model: "a" });
});

test("all have failed", async () => {
  const found = await log("higress", "{}", [503, 500, 429]);
  expect(steps(found)).toEqual(["r1:status_503", "distill:status_500", "qwen:status_429"]);
});

test("what is no object stays as it is", async () => {
  expect(await log("higress", "free text", [503, 200, 200])).toBe("free text");
});

test("plain Envoy has its own names for it, and nothing is written", async () => {
  expect(await log("envoy", null, [503, 200, 200])).toBeNull();
});
