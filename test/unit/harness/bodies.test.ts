import { describe, expect, test } from "vitest";
import { upstream, type FetchInit } from "../../harness/src";
import { lines, probeHost, type ProbeOptions, type Script } from "./probe";

const events = (all: string[], name: string) =>
  all.filter((l) => l.startsWith(`${name}(`)).map((l) => l.slice(name.length));

describe("size of the body callback", () => {
  test.each([
    { returns: 0, mode: "h1", want: ["(2, 0)", "(3, 0)", "(0, 1)"], body: "ABCDE" },
    { returns: 1, mode: "h1", want: ["(2, 0)", "(5, 0)", "(5, 1)"], body: "" },
    { returns: 2, mode: "h1", want: ["(2, 0)", "(3, 0)", "(0, 1)"], body: "" },
    { returns: 3, mode: "h1", want: ["(2, 0)", "(3, 0)", "(0, 1)"], body: "" },
    { returns: 9, mode: "h1", want: ["(2, 0)", "(3, 0)", "(0, 1)"], body: "" },
    { returns: 0, mode: "h2", want: ["(2, 0)", "(3, 1)"], body: "ABCDE" },
    { returns: 1, mode: "h2", want: ["(2, 0)", "(5, 1)"], body: "" },
  ] as const)("return $returns on $mode", async ({ returns, mode, want, body }) => {
    await using host = await probeHost(
      { args: "1", request_body: `ret ${returns}` },
      { downstream: mode },
    );
    const s = host.stream("POST http://a.test/", { framing: "chunked" });
    await s.headers();
    await s.data("AB");
    await s.data("CDE", { end: true });
    expect(events(lines(host), "request_body")).toEqual(want);
    expect(s.partial.upstream[0]!.body).toBe(body);
    await s.abort();
  });

  test("1 until the end, then 0: one chunk goes on", async () => {
    await using host = await probeHost({
      args: "1",
      request_body: "ret 1",
      "request_body#3": "buf 0 0 99; setbuf 0 0 99 NEW",
    });
    const answer = await host.fetch("http://a.test/", {
      chunks: ["AB", "CDE"],
      framing: "chunked",
    });
    expect(answer.upstream[0]!.body).toBe("NEW");
    expect(answer.upstream[0]!.chunks.length).toBe(1);
    expect(lines(host)).toContain("request_body buf 0 0 99 = 0 'ABCDE'");
  });

  test("2 puts chunks aside but still forwards them", async () => {
    await using host = await probeHost({
      request_body: "ret 2",
      "request_body#3": "buf 0 0 99; ret 0",
    });
    const answer = await host.fetch("http://a.test/", {
      chunks: ["AB", "CDE"],
      framing: "chunked",
    });
    expect(answer.upstream[0]!.body).toBe("ABCDE");
    expect(lines(host)).toContain("request_body buf 0 0 99 = 0 null");
  });

  test("3 drops the chunk", async () => {
    await using host = await probeHost({
      request_body: "ret 3",
      "request_body#2": "ret 0",
      "request_body#3": "ret 0",
    });
    const answer = await host.fetch("http://a.test/", {
      chunks: ["AB", "CDE"],
      framing: "chunked",
    });
    expect(answer.upstream[0]!.body).toBe("CDE");
  });

  test("after a headers pause everything comes at once", async () => {
    await using host = await probeHost(
      { args: "1", request_headers: "call auth /x 0; ret 4", http_call: "eff; cont 0" },
      { clusters: { backend: upstream().reply(200), auth: upstream().after(10).reply(200) } },
    );
    const answer = await host
      .fetch("http://a.test/", { chunks: ["AB", "CDE"], framing: "chunked" })
      .advance(10);
    expect(answer.status).toBe(200);
    expect(events(lines(host), "request_body")).toEqual(["(5, 1)"]);
    expect(answer.upstream[0]!.body).toBe("ABCDE");
  });
});

describe("trailers", () => {
  test("no body callback ends the stream, the buffer stays writable", async () => {
    await using host = await probeHost({
      args: "1",
      request_body: "ret 1",
      request_trailers: "buf 0 0 9; setbuf 0 0 9 X; get 1 t",
    });
    const answer = await host.fetch("http://a.test/", {
      chunks: ["AB", "C"],
      trailers: { t: "v" },
    });
    expect(events(lines(host), "request_body")).toEqual(["(2, 0)", "(3, 0)"]);
    expect(events(lines(host), "request_trailers")).toEqual(["(1)"]);
    expect(lines(host)).toContain("request_trailers buf 0 0 9 = 0 'ABC'");
    expect(answer.upstream[0]).toMatchObject({ body: "X", trailers: [["t", "v"]], complete: true });
  });

  test("response trailers reach the client", async () => {
    await using host = await probeHost(
      { args: "1", response_trailers: "add 3 more 1" },
      { clusters: { backend: upstream().reply(200, { body: "ok", trailers: { t: "v" } }) } },
    );
    const answer = await host.fetch("http://a.test/");
    expect(answer.trailers).toEqual([
      ["t", "v"],
      ["more", "1"],
    ]);
    expect(events(lines(host), "response_body")).toEqual(["(2, 0)"]);
  });
});

describe("buffers", () => {
  test.each([
    ["buf 0 0 99", "0 'hello'"],
    ["buf 0 1 2", "0 'el'"],
    ["buf 0 4 9", "0 'o'"],
    ["buf 0 5 1", "0 null"],
    ["buf 0 9 1", "0 null"],
    ["bufstat 0", "0 5"],
    ["buf 1 0 9", "0 null"],
    ["setbuf 1 0 0 x", "2"],
    ["buf 4 0 9", "1 null"],
    ["buf 5 0 9", "0 null"],
    ["buf 6 0 9", "0 null"],
    ["buf 7 0 9", "1 null"],
    ["buf 8 0 9", "0 null"],
    ["buf 9 0 9", "2 null"],
    ["setbuf 7 0 0 x", "1"],
    ["setbuf 9 0 0 x", "2"],
  ])("%s in the request body is %s", async (op, want) => {
    await using host = await probeHost({ "request_body#1": op });
    await host.fetch("http://a.test/", { body: "hello" });
    expect(lines(host)[0]).toBe(`request_body ${op} = ${want}`);
  });

  test.each([
    ["0 0 >>", "0", ">>hello"],
    ["0 1 J", "0", "Jello"],
    ["0 2 J", "0", "Jllo"],
    ["0 99 all", "0", "all"],
    ["5 0 !", "0", "hello!"],
    ["9 3 !", "0", "hello!"],
    ["2 1 x", "2", "hello"],
  ])("setbuf %s answers %s and leaves %s", async (args, status, body) => {
    await using host = await probeHost({
      request_headers: "rem 0 content-length",
      "request_body#1": `setbuf 0 ${args}`,
    });
    const answer = await host.fetch("http://a.test/", { body: "hello" });
    expect(lines(host).at(-1)).toBe(`request_body setbuf 0 ${args} = ${status}`);
    expect(answer.upstream[0]!.body).toBe(body);
  });
});

describe("what no length delimits is chunked towards HTTP/1.1", () => {
  const framing = (headers: readonly (readonly [string, string])[] | undefined) =>
    headers
      ?.filter(([name]) => /^(content-length|transfer-encoding)$/.test(name))
      .map(([, v]) => v);
  const sent = async (
    script: Script,
    init: FetchInit = { body: "body" },
    options: ProbeOptions = {},
  ) => {
    await using host = await probeHost(script, options);
    const { upstream: seen } = await host.fetch("http://a.test/", init).settle();
    return { framing: framing(seen[0]?.headers), last: seen[0]?.headers.at(-1), seen: seen[0] };
  };

  test("a length that stays delimits", async () => {
    expect((await sent({})).framing).toEqual(["4"]);
  });

  test.each(["open", "new"] as const)("without one, over a connection that is %s", async (how) => {
    const script = { request_headers: "rem 0 content-length" };
    const { last } = await sent(script, undefined, { connections: how });
    expect(last).toEqual(["transfer-encoding", "chunked"]);
  });

  test("a body that was emptied is still one", async () => {
    const script = {
      request_headers: "rem 0 content-length; ret 1",
      request_body: "ret 1",
      "request_body#2": "setbuf 0 0 99",
    };
    const plugin = { allowOnHeadersStopIteration: true };
    const { framing: by, seen } = await sent(script, undefined, { plugin });
    expect(by).toEqual(["chunked"]);
    expect(seen?.body).toBe("");
  });

  test("without a body there is nothing to delimit, and HTTP/2 has frames", async () => {
    expect((await sent({}, {})).framing).toEqual([]);
    const script = { request_headers: "rem 0 content-length" };
    expect((await sent(script, undefined, { upstreamProtocol: "h2" })).framing).toEqual([]);
  });

  test("a call-out has a length", async () => {
    const auth = upstream().reply(200);
    await using host = await probeHost(
      { request_headers: "call auth /x 0 body" },
      { clusters: { backend: upstream().reply(200), auth } },
    );
    await host.fetch("http://a.test/");
    await host.settle();
    expect(framing(auth.last?.headers)).toEqual(["4"]);
  });
});

test("an unchanged content-length smuggles the surplus and is reported", async () => {
  await using host = await probeHost(
    { "request_body#1": "setbuf 0 0 99 0123456789" },
    { strict: "error" },
  );
  const answer = await host.fetch("http://a.test/", { body: "hello" });
  expect(answer.upstream[0]!.body).toBe("01234");
  expect(new TextDecoder().decode(answer.upstream[0]!.surplus)).toBe("56789");
  expect(host.violations.map((v) => v.rule)).toContain("S01");
});

test("an upstream that was promised more bytes waits for them until the route's time is up", async () => {
  await using host = await probeHost({ "request_body#1": "setbuf 0 0 3" });
  const answer = await host.fetch("http://a.test/", { body: "hello" }).advance(15_000);
  expect([answer.status, answer.details]).toEqual([504, "response_timeout"]);
  expect(answer.upstream[0]).toMatchObject({ body: "lo", missing: 3 });
});

test("a client without host is refused before the filters", async () => {
  const headers = [[":authority", ""] as const];
  await using host = await probeHost({});
  const answer = await host.fetch("/", { headers, body: "hello" });
  expect([answer.status, answer.details]).toEqual([400, "missing_host_header"]);
  expect(answer.upstream).toEqual([]);
});

describe("limits", () => {
  test("413 through the response filters, no further body callback", async () => {
    await using host = await probeHost(
      { args: "1", request_body: "ret 1" },
      { bufferLimitBytes: 3 },
    );
    const answer = await host.fetch("http://a.test/", {
      chunks: ["AB", "CD", "EF"],
      framing: "chunked",
    });
    expect(answer).toMatchObject({
      status: 413,
      details: "request_payload_too_large",
      local: true,
    });
    expect(answer.text()).toBe("Payload Too Large");
    expect(events(lines(host), "request_body")).toEqual(["(2, 0)"]);
    expect(events(lines(host), "response_headers").length).toBe(1);
  });

  test("headers paused with 3 and too much data: 413", async () => {
    await using host = await probeHost({ request_headers: "ret 3" }, { bufferLimitBytes: 3 });
    expect((await host.fetch("http://a.test/", { body: "ABCDEF" })).status).toBe(413);
  });

  test("2 above the limit deadlocks and says so", async () => {
    await using host = await probeHost(
      { request_body: "ret 2" },
      { bufferLimitBytes: 3, strict: "error" },
    );
    const pending = host.fetch("http://a.test/", {
      chunks: ["AB", "CD", "EF"],
      framing: "chunked",
    });
    await expect(pending).rejects.toThrow("S29");
  });

  test("response over the limit: 500 while headers are held, reset afterwards", async () => {
    const big = () => ({ backend: upstream().reply(200, { body: "0123456789" }) });
    await using held = await probeHost(
      { response_headers: "ret 3" },
      { bufferLimitBytes: 3, clusters: big() },
    );
    expect(await held.fetch("http://a.test/")).toMatchObject({
      status: 500,
      details: "response_payload_too_large",
    });
    await using sent = await probeHost(
      { response_body: "ret 1" },
      { bufferLimitBytes: 3, clusters: big() },
    );
    expect(await sent.fetch("http://a.test/")).toMatchObject({ status: 200, reset: true });
  });
});

describe("chunks that hold nothing", () => {
  test.each([
    ["h1, content-length 0: the headers end it", "h1", "content-length", ["request_headers 1"]],
    [
      "h1, chunked: the piece as it was given, then the end",
      "h1",
      "chunked",
      ["request_headers 0", "request_body 0", "request_body 1"],
    ],
    ["h2: an empty frame ends it", "h2", "content-length", ["request_headers 0", "request_body 1"]],
  ] as const)("%s", async (_name, downstream, framing, wanted) => {
    await using host = await probeHost({ args: "1" }, { downstream });
    await host.fetch("http://a.test/", { chunks: [""], framing });
    const seen = lines(host).flatMap((line) => {
      const [, name, end] = /^(request_\w+)\(.*(\d)\)$/.exec(line) ?? [];
      return name ? [`${name} ${end}`] : [];
    });
    expect([...new Set(seen)]).toEqual(wanted);
  });
});
