import { describe, expect, test } from "vitest";
import { parseGoldens } from "../../scenario/markdown.js";
import { answerOf, clustersOf, expectedFor, type Scenario } from "../../scenario/scenario.js";

const DEFAULTS = { file: "a.md", plugin: "key-auth" };

/** Markdown with `'''` for fences, so that it can stand in a template literal. */
function read(markdown: string): Scenario[] {
  return parseGoldens(markdown.replaceAll("'''", "```"), DEFAULTS);
}

function readOne(markdown: string): Scenario {
  const scenario = read(markdown)[0];
  if (!scenario) throw new Error("no scenario");
  return scenario;
}

function text(pieces: readonly Uint8Array[] | null | undefined): string[] {
  return (pieces ?? []).map((piece) => Buffer.from(piece).toString("latin1"));
}

const REQUEST = "'''http request\nGET /\n'''\n";

describe("a golden file", () => {
  test("has one scenario per ## heading with a request", () => {
    const scenarios = read(
      `# T\n\n## One\n\nBecause\nso.\n\nMore.\n\n${REQUEST}\n## Notes\n\n## Two\n${REQUEST}`,
    );
    expect(scenarios.map(({ title, why, line }) => [title, why, line])).toEqual([
      ["One", "Because so.", 3],
      ["Two", "", 16],
    ]);
  });

  test("hands configuration, environment and upstreams of # down", () => {
    const markdown = `# T
'''yaml config
a: 1
'''
'''yaml env
attributes: [k]
skip: { h2: why }
'''
'''http upstream auth
403
'''
## Inherits
${REQUEST}
## Own
'''yaml config other
b: [1]
'''
'''yaml env
log: debug
skip: { envoy: clock }
'''
'''http upstream auth
204
'''
${REQUEST}`;
    const [inherits, own] = read(markdown);
    expect(inherits?.plugins).toMatchObject([{ name: "key-auth", config: '{"a":1}' }]);
    expect(answerOf(inherits?.answers ?? [], "auth", 0).status).toBe(403);
    expect(own?.plugins).toMatchObject([{ name: "other", config: '{"b":[1]}' }]);
    expect(own?.env).toMatchObject({
      attributes: ["k"],
      log: "debug",
      skip: { h2: "why", envoy: "clock" },
    });
    expect(own?.answers).toHaveLength(1);
    expect(answerOf(own?.answers ?? [], "auth", 0).status).toBe(204);
  });

  test("repeats a body as often as `times` says", () => {
    const request = `'''http request times=3\nPOST /\n\nab\n'''\n`;
    const scenario = readOne(`## S\n${request}'''http upstream times=2\n200\n\nc\n'''`);
    expect(Buffer.concat(scenario.steps[0]?.body ?? []).toString()).toBe("ababab");
    expect(Buffer.concat(scenario.answers[0]?.body ?? []).toString()).toBe("cc");
  });

  test("keeps a JSON configuration byte for byte", () => {
    expect(readOne(`## S\n'''json config\n{ "a":\n'''\n${REQUEST}`).plugins[0]?.config).toBe(
      '{ "a":',
    );
  });

  test("takes the options of a plugin from the info string", () => {
    const chain = readOne(
      `## S\n'''yaml config a root=r no-stop policy=FAIL_OPEN\n'''\n'''yaml config b\n'''\n${REQUEST}`,
    ).plugins;
    expect(chain).toEqual([
      {
        name: "a",
        config: "{}",
        rootId: "r",
        allowOnHeadersStopIteration: false,
        failurePolicy: "FAIL_OPEN",
      },
      {
        name: "b",
        config: "{}",
        rootId: "",
        allowOnHeadersStopIteration: true,
        failurePolicy: "FAIL_RELOAD",
      },
    ]);
  });

  test("may expect another transcript of one host", () => {
    const scenario = readOne(
      `## S\n${REQUEST}'''transcript\nall\n'''\n'''transcript higress-2.1\nown\n'''`,
    );
    expect(expectedFor(scenario, "envoy-1.40")?.text).toBe("all");
    expect(expectedFor(scenario, "higress-2.1")?.text).toBe("own");
  });

  test.each([
    [
      "an unknown env field",
      "## S\n'''yaml env\nroute: 1\n'''",
      "a.md:2: unknown field of env: route",
    ],
    ["a header without colon", "## S\n'''http request\nGET /\nx\n'''", "a.md:2: not a header: x"],
    ["an open fence", "## S\n'''http request\nGET /", "line 2: the fence is never closed"],
    ["a request under #", `# S\n${REQUEST}`, "a.md:1: a request needs a ## heading"],
    ["a wrong status line", "## S\n'''http upstream\nOK\n'''", "a.md:2: not a status line: OK"],
    ["a wrong duration", "## S\n'''http request after=soon\nGET /\n'''", "not a duration: soon"],
  ])("refuses %s and says where", (_what, markdown, message) => {
    expect(() => read(markdown)).toThrow(message);
  });
});

describe("a request block", () => {
  const step = (info: string, body: string) =>
    readOne(`## S\n'''http request${info}\n${body}\n'''`).steps[0];

  test("is request line, headers, blank line, body", () => {
    expect(step("", "POST /a?b=c\nHost: x\nx-empty:\n\nline 1\n\nline 2")).toMatchObject({
      method: "POST",
      path: "/a?b=c",
      headers: [
        ["Host", "x"],
        ["x-empty", ""],
      ],
      body: [Buffer.from("line 1\n\nline 2")],
      protocol: "h1",
      chunked: false,
      abort: false,
    });
  });

  test("without blank line has no body", () => {
    expect(step("", "GET /")?.body).toBeNull();
  });

  test("ends with its trailers when it says so", () => {
    const request = step(" trailers h2", "POST /\n\nbody\n\nt: 1");
    expect(text(request?.body)).toEqual(["body"]);
    expect(request).toMatchObject({ trailers: [["t", "1"]], chunked: true, protocol: "h2" });
  });

  test("is cut where chunks= says", () => {
    expect(text(step(" chunks=1,0,2", "POST /\n\nabcdef")?.body)).toEqual(["a", "", "bc", "def"]);
    expect(text(step(" chunks=each", "POST /\n\nabc")?.body)).toEqual(["a", "b", "c"]);
  });

  test("writes any byte with escapes", () => {
    expect(text(step(" escaped", "POST /\n\na\\x00\\xff\\r\\n\\\\")?.body)).toEqual([
      "a\0\xff\r\n\\",
    ]);
  });

  test("repeats and waits", () => {
    const { steps } = readOne("## S\n'''http request repeat=3 after=61s\nGET /\n'''");
    expect(steps.map((each) => each.afterMs)).toEqual([61_000, 61_000, 61_000]);
  });
});

describe("an upstream block", () => {
  test("names its cluster and may end early", () => {
    const { answers } = readOne(
      `## S\n${REQUEST}'''http upstream auth never after=1s\n200\n'''\n'''http upstream cut\nHTTP/1.1 503 Busy\n\nx\n'''`,
    );
    expect(answers).toMatchObject([
      { cluster: "auth", kind: "never", afterMs: 1000 },
      { cluster: "", kind: "cut", status: 503 },
    ]);
  });

  test("of events ends with an empty line and has no length", () => {
    const { answers } = readOne(`## S\n${REQUEST}'''http upstream sse\n200\n\ndata: 1\n'''`);
    expect(text(answers[0]?.body)).toEqual(["data: 1\n\n"]);
    expect(answers[0]).toMatchObject({
      headers: [["content-type", "text/event-stream"]],
      chunked: true,
    });
  });

  test("answers in order, the last one for ever", () => {
    const { answers } = readOne(
      `## S\n${REQUEST}'''http upstream\n500\n'''\n'''http upstream\n201\n'''\n'''http upstream b\n404\n'''`,
    );
    const statuses = [0, 1, 2].map((n) => answerOf(answers, "backend", n).status);
    expect(statuses).toEqual([500, 201, 201]);
    expect(answerOf(answers, "unscripted", 0).status).toBe(200);
  });

  test("makes its cluster known", () => {
    const scenario = readOne(
      `## S\n'''yaml env\nroutes: [{ cluster: r }]\n'''\n${REQUEST}'''http upstream auth\n200\n'''`,
    );
    expect(clustersOf(scenario)).toEqual(["backend", "r", "auth"]);
  });
});
