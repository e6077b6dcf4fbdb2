import { afterAll, beforeAll, expect, test } from "vitest";
import { SpanCollector, type Span } from "../support/span-collector.js";
import { StatisticsGateway } from "./statistics-gateway.js";

// examples/statistics/tracing.yaml in a real Envoy, whose tracer tells a collector of OpenTelemetry.

const LIMIT_MS = 120_000;
const ATTRIBUTES = [
  {
    key: "app",
    value_source: "request_header",
    value: "x-app",
    apply_to_span: true,
    trace_span_key: "app.name",
  },
];

let collector: SpanCollector;
let gateway: StatisticsGateway;
beforeAll(async () => {
  collector = await SpanCollector.start();
  const own = { span_extra: true, attributes: ATTRIBUTES };
  gateway = await StatisticsGateway.start([], { collectorPort: collector.port, own });
}, LIMIT_MS);
afterAll(async () => {
  await gateway.stop();
  collector.stop();
});

/** The span of a session, once it has come, without what Envoy says of every request. */
async function spanOf(session: string): Promise<Record<string, string>> {
  const find = (): Span | undefined =>
    collector.spans.find(({ tags }) => tags["app.name"] === session);
  await expect.poll(find, { timeout: 30_000 }).toBeDefined();
  const own = Object.entries(find()!.tags).filter(([tag]) =>
    /^(gen_ai\.|app\.name$|error\.type$)/.test(tag),
  );
  return Object.fromEntries(own);
}

const WHOLE = {
  "gen_ai.span.kind": "LLM",
  "gen_ai.request.model": "gpt-4",
  "gen_ai.model_name": "gpt-4o",
  "gen_ai.usage.input_tokens": "10",
  "gen_ai.usage.output_tokens": "5",
  "gen_ai.usage.total_tokens": "15",
  "gen_ai.operation.name": "chat",
  "gen_ai.response.model": "gpt-4o",
  "gen_ai.response.id": "c1",
  "gen_ai.response.finish_reasons": '["stop"]',
  "gen_ai.usage.cache_read.input_tokens": "4",
  "gen_ai.usage.reasoning.output_tokens": "2",
  "gen_ai.consumer": "alice",
};

test.each(["whole", "stream"])(
  "a span has what the plugin says: %s",
  async (kind) => {
    const headers = { "x-mse-consumer": "alice", "x-app": kind, "x-agent-session": kind };
    await gateway.ask("who", kind === "stream" ? { ...headers, "x-stream": "1" } : headers);
    const tags = { ...WHOLE, "app.name": kind, "gen_ai.conversation.id": kind };
    expect(await spanOf(kind)).toEqual(tags);
  },
  LIMIT_MS,
);

test(
  "and of an error what it is; what nobody said is no tag",
  async () => {
    await gateway.ask("who", { "x-app": "failed", "x-fail": "500" });
    expect(await spanOf("failed")).toEqual({
      "app.name": "failed",
      "error.type": "500",
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-4",
      "gen_ai.span.kind": "LLM",
    });
  },
  LIMIT_MS,
);

test(
  "a stream that its client leaves has what was known before it ended",
  async () => {
    await gateway.leave("who", { "x-app": "left" });
    expect(await spanOf("left")).toEqual({
      "app.name": "left",
      "gen_ai.request.model": "gpt-4",
      "gen_ai.span.kind": "LLM",
    });
  },
  LIMIT_MS,
);
