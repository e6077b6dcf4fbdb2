import { describe, expect, test } from "vitest";
import { parseGoldens } from "../../scenario/markdown.js";
import type { Outcome, RequestOutcome } from "../../scenario/outcome.js";
import { applyChanges } from "../../scenario/rewrite.js";
import { renderTranscript, VARIANT_TRAILER } from "../../scenario/transcript.js";
import type { Scenario } from "../../scenario/scenario.js";

function scenarioOf(...requests: string[]): Scenario {
  const blocks = requests.map((text) => `\`\`\`http request\n${text}\n\`\`\`\n`);
  const scenario = parseGoldens(`## S\n${blocks.join("")}`, { file: "a.md", plugin: "p" })[0];
  if (!scenario) throw new Error("no scenario");
  return scenario;
}

const SEEN = {
  cluster: "backend",
  method: "GET",
  path: "/",
  authority: "gateway.test",
  headers: [] as [string, string][],
  body: Buffer.alloc(0),
  trailers: [] as [string, string][],
  complete: true,
  surplus: Buffer.alloc(0),
};

const CLIENT = {
  status: 200,
  headers: [] as [string, string][],
  body: Buffer.alloc(0),
  trailers: [] as [string, string][],
  details: "via_upstream",
  complete: true,
};

function outcomeOf(request: Partial<RequestOutcome>): Outcome {
  const nothing = { callouts: [], upstream: [], metrics: [], attributes: [], log: [] };
  return {
    accepted: true,
    refusal: [],
    requests: [{ ...nothing, client: CLIENT, ...request }],
  };
}

function render(request: Partial<RequestOutcome>): string[] {
  return renderTranscript(scenarioOf("GET /"), outcomeOf(request)).split("\n");
}

describe("a transcript", () => {
  test("says when nothing reached the upstream and nothing the client", () => {
    expect(render({ client: { ...CLIENT, status: 0 } })).toEqual([
      "upstream  –",
      "client    nothing",
    ]);
  });

  test("shows each fact on its line, in a fixed order", () => {
    const text = render({
      log: [{ level: "warn", text: "two\nlines" }],
      metrics: [
        ["a", 2],
        ["b", -1],
      ],
      attributes: [["user", "u"]],
      callouts: [{ seen: { ...SEEN, cluster: "auth", authority: "a" }, answer: "200" }],
      upstream: [{ ...SEEN, headers: [["X-A", "1"]], body: Buffer.from("one\ntwo\n") }],
      client: { ...CLIENT, status: 429, details: "over" },
    });
    expect(text).toEqual([
      "callout   auth GET / → 200",
      "          host: a",
      "upstream  GET /",
      "          x-a: 1",
      "          | one",
      "          | two",
      "          |",
      "client    429 over",
      "attribute user u",
      "metric    a +2",
      "metric    b -1",
      "log       warn two\\nlines",
    ]);
  });

  test("leaves out framing, what the proxy adds and what changes from run to run", () => {
    const headers: [string, string][] = [
      [":authority", "x"],
      ["content-length", "1"],
      ["Transfer-Encoding", "chunked"],
      ["date", "today"],
      ["x-request-id", "1"],
      ["x-envoy-upstream-service-time", "1"],
      ["x-forwarded-proto", "http"],
      ["x-forwarded-host", "kept"],
    ];
    expect(render({ client: { ...CLIENT, headers } })).toEqual([
      "upstream  –",
      "client    200",
      "          x-forwarded-host: kept",
    ]);
  });

  test("shows a changed authority and another cluster", () => {
    const upstream = [{ ...SEEN, authority: "other", cluster: "b" }];
    expect(render({ upstream }).slice(0, 2)).toEqual([
      "upstream  GET / (b)",
      "          host: other",
    ]);
  });

  test("shows broken messages", () => {
    const upstream = [
      { ...SEEN, complete: false },
      { ...SEEN, surplus: Buffer.from("xx") },
    ];
    expect(render({ upstream, client: { ...CLIENT, complete: false } })).toEqual([
      "upstream  GET /",
      "          (never finished)",
      "upstream  GET /",
      "          (2 bytes more than content-length says)",
      "client    200",
      "          (cut off)",
    ]);
  });

  test("shows trailers, but not the one a variant adds", () => {
    const trailers: [string, string][] = [
      ["t", "1"],
      [VARIANT_TRAILER, "1"],
    ];
    expect(render({ client: { ...CLIENT, trailers } }).slice(2)).toEqual([
      "          trailer t: 1",
    ]);
  });

  test("shows bytes that are no text as escapes, text as it is", () => {
    const bodies = [Buffer.from("é\t\r"), Buffer.from([0x61, 0xff, 0x0a, 0x00])];
    const upstream = bodies.map((body) => ({ ...SEEN, body }));
    expect(render({ upstream }).filter((line) => line.includes("|"))).toEqual([
      "          | é\\t\\r",
      "          | a\\xff",
      "          | \\x00",
    ]);
  });

  test("hides who answered on Higress, so that one transcript serves both hosts", () => {
    const client = { ...CLIENT, status: 401, details: "via_wasm::key-auth::no_key" };
    expect(render({ client })[1]).toBe("client    401 no_key");
  });

  test("hides the request id in a log line", () => {
    const text = "[3defd26e-5395-41d0-b510-b6b78f60a9de] denied";
    expect(render({ log: [{ level: "info", text }] })[2]).toBe(
      "log       info [<request id>] denied",
    );
  });

  test("titles each of several requests", () => {
    const requests = [outcomeOf({}), outcomeOf({})].flatMap((outcome) => outcome.requests);
    const text = renderTranscript(scenarioOf("GET /a", "POST /b"), {
      accepted: true,
      refusal: [],
      requests,
    });
    expect(text.split("\n").filter((line) => line.startsWith("request"))).toEqual([
      "request   GET /a",
      "request   POST /b",
    ]);
  });

  test("of a refused configuration is its log", () => {
    const refusal = [{ level: "error" as const, text: "keys is required" }];
    expect(renderTranscript(scenarioOf("GET /"), { accepted: false, refusal, requests: [] })).toBe(
      "config    refused\nlog       error keys is required",
    );
  });
});

describe("rewriting", () => {
  const FENCE = "```";
  const markdown = [
    "## A",
    "",
    `${FENCE}http request`,
    "GET /",
    FENCE,
    "",
    `${FENCE}transcript`,
    "old",
    "older",
    FENCE,
    "",
    "## B",
    "",
    `${FENCE}http request`,
    "GET /",
    FENCE,
    "",
    "## C",
  ].join("\n");

  test("replaces the transcripts that are there and adds the missing ones", () => {
    const scenarios = parseGoldens(markdown, { file: "a.md", plugin: "p" });
    const after = applyChanges(
      markdown,
      scenarios.map((scenario, i) => ({ scenario, text: `new ${i}\nline` })),
    );
    const again = parseGoldens(after, { file: "a.md", plugin: "p" });
    expect(again.map(({ title, expected }) => [title, expected[0]?.text])).toEqual([
      ["A", "new 0\nline"],
      ["B", "new 1\nline"],
    ]);
    expect(after.endsWith("\n\n## C")).toBe(true);
  });

  test("changes nothing when nothing changed", () => {
    const [scenario] = parseGoldens(markdown, { file: "a.md", plugin: "p" });
    const changes = scenario ? [{ scenario, text: "old\nolder" }] : [];
    expect(applyChanges(markdown, changes)).toBe(markdown);
  });
});
