import {
  createHost,
  upstream,
  type Host,
  type Json,
  type NativeFilter,
  type Upstream,
} from "proxy-wasm-test";
import { expect, test } from "vitest";
import "proxy-wasm-test/vitest/setup";
import { logOf } from "./logs.js";

// What stands beside the plugin: a clock that a test drives, another writer of `ai_log`.

const CHAT = { method: "POST", body: '{"model":"gpt-4"}' };
const LABELS = "route.chat.upstream.backend.model";

async function gatewayOf(backend: Upstream, config: Json, before?: NativeFilter): Promise<Host> {
  return createHost({
    plugins: [
      ...(before ? [before] : []),
      { name: "ai-statistics", wasm: "build/envoy/ai-statistics.wasm", config },
    ],
    clusters: { backend },
    routes: [{ name: "chat", cluster: "backend" }],
    lifecycle: "single",
  });
}

test("milliseconds are those of the clock: to the first bytes, to the first content, to the last", async () => {
  const event = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;
  const usage = { prompt_tokens: 10, completion_tokens: 6, total_tokens: 16 };
  const backend = upstream()
    .after(40)
    .reply(200, {
      headers: { "content-type": "text/event-stream" },
      chunks: [
        event({ model: "m", choices: [{ delta: { role: "assistant", content: "" } }] }),
        event({ model: "m", choices: [{ delta: { content: "hi" } }] }),
        event({ model: "m", choices: [], usage }),
      ],
      every: 100,
    });
  const host = await gatewayOf(backend, { metrics: { groups: ["compat", "latency"] } });
  const reply = await host.fetch("/v1/chat/completions", CHAT).advance(1000);
  expect(logOf(reply.filterState)).toMatchObject({
    llm_first_token_duration: 40,
    llm_service_duration: 240,
  });
  const { all } = host.metrics;
  const own = `${LABELS}.m.consumer.none.metric`;
  expect(all[`${own}.llm_first_token_duration`]).toBe(40);
  expect(all[`${own}.llm_service_duration`]).toBe(240);
  // 100 ms for five further tokens.
  const shared = `${LABELS}.m.consumer.-.metric`;
  expect(host.metrics.histogram(`${shared}.llm_first_token_ms`)).toEqual([140]);
  expect(host.metrics.histogram(`${shared}.llm_service_ms`)).toEqual([240]);
  expect(host.metrics.histogram(`${shared}.llm_output_token_ms`)).toEqual([20]);
});

test("what somebody else wrote into ai_log without escapes stays, and is told", async () => {
  const foreign = '{"model":"x"}';
  const backend = upstream().reply(200, { json: { model: "m", usage: { total_tokens: 3 } } });
  const before: NativeFilter = {
    native: {
      requestHeaders: (_headers, _end, control) => control.setFilterState("ai_log", foreign),
    },
  };
  const host = await gatewayOf(backend, {}, before);
  const reply = await host.fetch("/v1/chat/completions", CHAT);
  expect(Buffer.from(reply.filterState["ai_log"] ?? []).toString()).toBe(foreign);
  expect(host.metrics.all["ai_stat_parse_error_count"]).toBe(1);
  expect(host.metrics.all[`${LABELS}.m.consumer.none.metric.total_token`]).toBe(3);
});
