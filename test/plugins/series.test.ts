import { createHost, upstream, type Host, type HostOptions, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import "proxy-wasm-test/vitest/setup";

// Metrics with labels (ai-statistics contract 8.1): whatever routes, consumers and models are called,
// gateways find the labels again, and there is a bounded number of series.

const LONG = "x".repeat(1024);
/** The beginning, and the FNV-1a of all of it. */
const SHORTENED = `${"x".repeat(119)}~${fnv(LONG)}`;
/** What somebody may call a thing, and the label made of it. */
const NAMES: [name: string, label: string][] = [
  ["team-a", "team-a"],
  ["team.a", "team.a"],
  ["team.metrics", "team_metrics"],
  ["a.upstream.b.model.c.consumer.d.metric.e", "a_upstream.b_model.c_consumer.d_metric.e"],
  ["metric.x", "_metric.x"],
  ["consumer", "_consumer"],
  ["dots...", "dots"],
  [LONG, SHORTENED],
];
/** JSON can say those, headers cannot. */
const CONTROLS: [name: string, label: string] = ["a\u0001b\u007fc\nd", "a_b_c_d"];
/** Series of one VM. */
const MOST = 1000;

function fnv(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

interface Subject {
  plugin: string;
  config: Json;
  /** The metric that each request below adds one to. */
  metric: string;
  /** Whose name is under test. */
  label: "model" | "consumer";
  /** Labels of the others. */
  others: string;
  /** Status of the model's answers. */
  status?: number;
  /** What is asked. */
  question?: string;
}

const FALLBACK: Json = {
  strategy: "replay",
  targets: ["a", "b"].map((name) => ({ name, cluster: "backend", auth: { type: "keep" } })),
  chains: [{ name: "all", match: { models: ["*"] }, targets: ["a", "b"] }],
};

const SUBJECTS: Subject[] = [
  {
    plugin: "content-security",
    config: { rules: [{ name: "words", words: ["weapon"] }] },
    metric: "ai_sec_request_deny",
    label: "consumer",
    others: "none",
    question: "weapon",
  },
  {
    plugin: "token-quota",
    config: { admin_consumer: "admin", store: { type: "shared" } },
    metric: "token_quota_reject_count",
    label: "consumer",
    others: "none",
  },
  {
    plugin: "ai-cache",
    // "{}" is no answer to keep: it is asked for each time.
    config: { cache: { type: "memory" }, metrics: { every_request: true } },
    metric: "ai_cache_miss_count",
    label: "model",
    others: "-",
  },
  {
    plugin: "model-fallback",
    config: FALLBACK,
    metric: "model_fallback_exhausted_count",
    label: "model",
    others: "-",
    status: 500,
  },
];

/** The model says nothing of interest. */
async function gatewayOf(
  { plugin, config, status = 200 }: Subject,
  more: Partial<HostOptions> = {},
): Promise<Host> {
  const headers = { "content-type": "application/json" };
  return createHost({
    plugins: [
      {
        name: plugin,
        wasm: `build/envoy/${plugin}.wasm`,
        config,
        allowOnHeadersStopIteration: true,
      },
    ],
    clusters: { backend: upstream().reply(status, { headers, body: "{}" }) },
    routes: [{ name: "chat", cluster: "backend" }],
    lifecycle: "single",
    clock: "real",
    trace: false,
    ...more,
  });
}

async function ask(host: Host, { label, question = "q" }: Subject, name: string): Promise<void> {
  const model = label === "model" ? name : "m";
  const consumer = label === "consumer" ? name : "team";
  await host.fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", "x-mse-consumer": consumer },
    body: JSON.stringify({ model, messages: [{ role: "user", content: question }] }),
  });
}

/** The series of a metric, without its name: what stands before `.metric.`, and its sum. */
function seriesOf(host: Host, metric: string): Record<string, number> {
  const ending = `.metric.${metric}`;
  return Object.fromEntries(
    Object.entries(host.metrics.all)
      .filter(([name]) => name.endsWith(ending))
      .map(([name, value]) => [name.slice(0, -ending.length), value]),
  );
}

describe.each(SUBJECTS)("$plugin by $label", (subject) => {
  const { metric, label, others } = subject;
  const prefix = `route.chat.upstream.backend`;
  const name = (text: string): string =>
    label === "model"
      ? `${prefix}.model.${text}.consumer.${others}`
      : `${prefix}.model.${others}.consumer.${text}`;

  test("labels keep their shape, whatever they say", async () => {
    const host = await gatewayOf(subject);
    const names = label === "model" ? [...NAMES, CONTROLS] : NAMES;
    for (const [text] of names) {
      await ask(host, subject, text);
      await ask(host, subject, text);
    }
    const expected = names.map(([, text]): [string, number] => [name(text), 2]);
    expect(seriesOf(host, metric)).toEqual(Object.fromEntries(expected));
  });

  test("past the limit all count as one, and nothing is lost", { timeout: 60_000 }, async () => {
    const host = await gatewayOf(subject);
    for (let i = 0; i < MOST + 50; i++) await ask(host, subject, `name-${i}`);
    await ask(host, subject, "name-0");
    const series = seriesOf(host, metric);
    const rest = label === "model" ? others : "_overflow_";
    expect(Object.keys(series)).toHaveLength(MOST + 1);
    expect(series[name("name-0")]).toBe(2);
    expect(series[`${prefix}.model._overflow_.consumer.${rest}`]).toBe(50);
  });
});

describe("key-auth by route", () => {
  const subject: Subject = {
    plugin: "key-auth",
    config: {
      global_auth: true,
      keys: ["x-api-key"],
      in_header: true,
      consumers: [{ name: "team", credential: "key" }],
    },
    metric: "auth_reject_count",
    label: "consumer",
    others: "none",
  };

  test.each([...NAMES, CONTROLS])("the route %j is the label %j", async (route, label) => {
    const properties = { "xds.route_name": route };
    const host = await gatewayOf(subject, { properties });
    await ask(host, subject, "team");
    const expected = { [`route.${label}.upstream.-.model.-.consumer.none`]: 1 };
    expect(seriesOf(host, "auth_reject_count")).toEqual(expected);
  });

  test("who has a key makes no series", async () => {
    const host = await gatewayOf(subject);
    const { status } = await host.fetch("/", { headers: { "x-api-key": "key" } });
    expect(status).toBe(200);
    expect(seriesOf(host, "auth_reject_count")).toEqual({});
  });
});
