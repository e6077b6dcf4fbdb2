import { createHost, upstream, type Host, type HostOptions, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import "proxy-wasm-test/vitest/setup";
import { fnv } from "../support/fnv.js";

// Metrics with labels (ai-statistics contract 8.1): whatever routes, consumers and models are called,
// gateways find the labels again, and there is a bounded number of series.

const LONG = "x".repeat(1024);
/** The beginning, and the FNV-1a of all of it. */
const SHORTENED = `${"x".repeat(119)}~${fnv(LONG)}`;
/** The same where no more of the name was read: ai-statistics takes 256 bytes of a model. */
const CUT = `${"x".repeat(119)}~${fnv(LONG.slice(0, 256))}`;
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
/** The same for what is not ASCII, or no UTF-8 at all. Prometheus refuses a page for one such byte. */
const BYTES: [name: Uint8Array, label: string][] = [
  [Buffer.from("学生.模型"), "学生.模型"],
  [bytes("a\xffb"), "a_b"],
  // An overlong dot, half of a surrogate pair, above U+10FFFF, a continuation alone.
  [bytes("\xc0\xae\xed\xa0\x80\xf4\x90\x80\x80\x80"), "__________"],
  [bytes("a\xe5\xad"), "a__"],
  [bytes("\xe5\xad.metric"), "___metric"],
  // 128 bytes stay.
  [Buffer.from("ab" + "学".repeat(42)), "ab" + "学".repeat(42)],
  // Of 129, the first 119 would end inside of a character.
  [Buffer.from("学".repeat(43)), `${"学".repeat(39)}~${fnv("学".repeat(43))}`],
  [Buffer.from("ab" + "😀".repeat(40)), `ab${"😀".repeat(29)}~${fnv("ab" + "😀".repeat(40))}`],
];
/** JSON can say those, headers cannot. */
const CONTROLS: [name: string, label: string] = ["a\u0001b\u007fc\nd", "a_b_c_d"];
/** Series of one VM. */
const MOST = 1000;

/** Bytes as escapes spell them. */
function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
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

/** Those whose limit is tested with their own plugin. */
const OTHER_SUBJECTS: Subject[] = [
  {
    plugin: "ai-statistics",
    config: { metrics: { groups: ["requests"] } },
    metric: "llm_request_count",
    label: "consumer",
    others: "m",
  },
  {
    plugin: "ai-statistics",
    config: { metrics: { groups: ["requests"] } },
    metric: "llm_request_count",
    label: "model",
    others: "team",
  },
];

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
    plugin: "token-rate-limit",
    // The question alone is more than fits.
    config: {
      rule_name: "tiny",
      store: { type: "shared" },
      global_threshold: { token_per_day: 1 },
      reservation: { enabled: true, allow_oversize: false },
    },
    metric: "token_ratelimit_count",
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

async function ask(
  host: Host,
  { label, question = "q" }: Subject,
  name: string | Uint8Array,
): Promise<void> {
  const model = label === "model" ? name : "m";
  const rest = JSON.stringify({ messages: [{ role: "user", content: question }] }).slice(1);
  await host.fetch("/v1/chat/completions", {
    method: "POST",
    headers: [
      ["content-type", "application/json"],
      ["x-mse-consumer", label === "consumer" ? name : "team"],
    ],
    body: Buffer.concat(
      ["{", '"model":', quoted(model), ",", rest].map((part) => Buffer.from(part)),
    ),
  });
}

/** A JSON string with these bytes inside, be they UTF-8 or not. */
function quoted(text: string | Uint8Array): string | Uint8Array {
  if (typeof text === "string") return JSON.stringify(text);
  return Buffer.concat([Buffer.from('"'), text, Buffer.from('"')]);
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

/** What stands before `.metric.` when the subject's label says `text`. */
function seriesName({ label, others }: Subject, text: string): string {
  const labels = label === "model" ? [text, others] : [others, text];
  return `route.chat.upstream.backend.model.${labels[0]}.consumer.${labels[1]}`;
}

describe.each([...SUBJECTS, ...OTHER_SUBJECTS])("$plugin by $label", (subject) => {
  test("labels keep their shape, whatever they say", async () => {
    const host = await gatewayOf(subject);
    const names = [...NAMES, ...BYTES, ...(subject.label === "model" ? [CONTROLS] : [])];
    for (const [text] of names) {
      await ask(host, subject, text);
      await ask(host, subject, text);
    }
    const isCut = subject.plugin === "ai-statistics" && subject.label === "model";
    const labelOf = (text: string) => (isCut && text === SHORTENED ? CUT : text);
    const expected = names.map(([, text]): [string, number] => [
      seriesName(subject, labelOf(text)),
      2,
    ]);
    expect(seriesOf(host, subject.metric)).toEqual(Object.fromEntries(expected));
  });
});

describe.each(SUBJECTS)("$plugin by $label", (subject) => {
  test("past the limit all count as one, and nothing is lost", { timeout: 60_000 }, async () => {
    const host = await gatewayOf(subject);
    for (let i = 0; i < MOST + 50; i++) await ask(host, subject, `name-${i}`);
    await ask(host, subject, "name-0");
    const series = seriesOf(host, subject.metric);
    const rest = subject.label === "model" ? subject.others : "_overflow_";
    const model = subject.label === "model" ? "_overflow_" : subject.others;
    expect(Object.keys(series)).toHaveLength(MOST + 1);
    expect(series[seriesName(subject, "name-0")]).toBe(2);
    expect(series[`route.chat.upstream.backend.model.${model}.consumer.${rest}`]).toBe(50);
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

  const routes = [...NAMES, ...BYTES, CONTROLS].map(([route, label]) => ({ route, label }));
  test.each(routes)("a route gets the label $label", async ({ route, label }) => {
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
