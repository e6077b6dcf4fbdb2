import { describe, expect, test } from "vitest";
import { createHost, upstream, type Host } from "../../harness/src";
import { replyDetails } from "../../harness/src/engine/local-reply";
import { config, lines, probe, probeHost, type ProbeOptions } from "./probe";

describe("local replies", () => {
  test.each([
    ["request_headers", {}],
    ["request_body", {}],
    ["request_trailers", { trailers: { t: "1" } }],
    ["response_headers", {}],
  ])("from %s", async (callback, init) => {
    await using host = await probeHost({ [`${callback}#1`]: "reply 403 denied why" });
    const answer = await host.fetch("http://a.test/", { body: "x", ...init });
    expect(answer).toMatchObject({ status: 403, local: true, details: "why" });
    expect(answer.text()).toBe("denied");
  });

  test("each blank of the details is an underscore", () => {
    expect(replyDetails("a b\t c\n", "")).toBe("a_b__c_");
    expect(replyDetails("a b", "p")).toBe("via_wasm::p::a_b");
    expect(replyDetails("", "p")).toBe("via_wasm::p");
  });

  test("goes through the response filters of the sender too, which may edit it", async () => {
    await using host = await probeHost({
      request_headers: "reply 403 denied",
      response_headers: "get 0 :path; rep 2 x-seen 1; rem 2 content-length",
      response_body: "buf 1 0 99; setbuf 1 0 99 edited",
    });
    const answer = await host.fetch("http://a.test/p");
    expect(answer.headers.get("x-seen")).toBe("1");
    expect(answer.text()).toBe("edited");
    expect(lines(host)).toContain("response_headers get 0 :path = 0 '/p'");
  });

  test("from response headers it skips the filters", async () => {
    await using host = await probeHost({ args: "1", response_headers: "reply 502 bad" });
    const answer = await host.fetch("http://a.test/");
    expect(answer.status).toBe(502);
    expect(lines(host).filter((l) => l.startsWith("response_headers(")).length).toBe(1);
  });

  test("after the headers were sent it resets", async () => {
    await using host = await probeHost({ "response_body#1": "reply 500 late" });
    expect(await host.fetch("http://a.test/")).toMatchObject({ status: 200, reset: true });
  });

  test("twice in one callback: the first wins; again in the response: replaced", async () => {
    await using twice = await probeHost({ request_headers: "reply 401 a; reply 402 b" });
    expect((await twice.fetch("http://a.test/")).status).toBe(401);
    await using again = await probeHost({
      request_headers: "reply 401 a",
      response_headers: "reply 402 b",
    });
    const answer = await again.fetch("http://a.test/");
    expect(answer.status).toBe(402);
    expect(answer.text()).toBe("b");
  });

  test("headers: order, duplicates, own content-type; empty body; HEAD", async () => {
    await using host = await probeHost(
      { request_headers: "reply 200 hi d x=1,content-type=a/b,x=2" },
      { router: "bare" },
    );
    const answer = await host.fetch("http://a.test/");
    expect(answer.headers.pairs).toEqual([
      ["x", "1"],
      ["content-type", "a/b"],
      ["x", "2"],
      ["content-length", "2"],
    ]);
    const head = await host.fetch("http://a.test/", { method: "HEAD" });
    expect(head.text()).toBe("");
    expect(head.headers.get("content-length")).toBe("2");
    await using empty = await probeHost({ request_headers: "reply 204" }, { router: "bare" });
    expect((await empty.fetch("http://a.test/")).headers.pairs).toEqual([]);
    await using plain = await probeHost({ request_headers: "reply 403" }, { router: "bare" });
    expect((await plain.fetch("http://a.test/")).headers.pairs).toEqual([["content-length", "0"]]);
  });

  test("gRPC requests get trailers-only answers", async () => {
    await using host = await probeHost({ request_headers: "reply 401 nope" });
    const answer = await host.fetch("http://a.test/", {
      headers: { "content-type": "application/grpc" },
      body: "x",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("grpc-status")).toBe("16");
    expect(answer.headers.get("grpc-message")).toBe("nope");
    expect(answer.body.length).toBe(0);
  });

  test("and percent encodes the message of such an answer", async () => {
    await using host = await probeHost({ request_headers: "reply 401 100%~é" });
    const answer = await host.fetch("http://a.test/", {
      headers: { "content-type": "application/grpc" },
    });
    expect(answer.headers.get("grpc-message")).toBe("100%25%7E%C3%A9");
  });

  test("code is cut to 16 bits and not validated", async () => {
    await using host = await probeHost({ request_headers: "reply 99999 x" });
    expect((await host.fetch("http://a.test/")).status).toBe(34463);
  });

  test("on a root it does nothing, and that the request hangs is found out", async () => {
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", http_call: "reply 401 no" },
      { clusters: { backend: upstream(), auth: upstream().after(5).reply(200) }, strict: "error" },
    );
    const pending = host.fetch("http://a.test/");
    await host.clock.advance(5);
    expect(host.violations.map((v) => v.rule)).toContain("S05");
    await expect(pending).rejects.toThrow(/S11 stalled/);
  });
});

describe("deferral", () => {
  const clusters = () => ({
    backend: upstream().reply(200, { body: "ok" }),
    auth: upstream().reply(200),
  });

  test("reply then continue in a callout: client gets the reply, upstream gets the request", async () => {
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", http_call: "eff; reply 401 no; cont 0" },
      { clusters: clusters(), strict: "error" },
    );
    const answer = await host.fetch("http://a.test/", { body: "x" });
    expect(answer.status).toBe(401);
    expect(answer.upstream.length).toBe(1);
    expect(host.violations.map((v) => v.rule)).toContain("S03");
  });

  test("continue and Continue in request headers sends the request twice", async () => {
    await using host = await probeHost({ request_headers: "cont 0" }, { strict: "error" });
    const answer = await host.fetch("http://a.test/");
    expect(answer.upstream.length).toBe(2);
    expect(host.violations.map((v) => v.rule)).toContain("S02");
  });

  test("on the response side the head is written twice", async () => {
    await using host = await probeHost({ response_headers: "cont 1" });
    const s = host.stream("GET http://a.test/");
    await s.headers({ end: true });
    expect((await s.response()).heads).toBe(2);
  });

  test("continue and Stop: works without a body, hangs with one", async () => {
    await using host = await probeHost({ request_headers: "cont 0; ret 4" }, { strict: "error" });
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    const s = host.stream("POST http://a.test/", { framing: "chunked" });
    await s.headers();
    expect(await s.data("x", { end: true })).toMatchObject({ paused: true });
    expect(s.partial.upstream[0]!.complete).toBe(false);
  });

  test("close_stream resets", async () => {
    await using host = await probeHost({
      args: "1",
      request_headers: "close 0; ret 4",
      log: "prop response.code_details",
    });
    expect(await host.fetch("http://a.test/")).toMatchObject({
      reset: true,
      details: "wasm_close_stream",
      status: 0,
    });
    expect(lines(host).slice(-4)).toEqual([
      "log(2)",
      "log prop response.code_details = 0 'wasm_close_stream'",
      "done(2)",
      "delete(2)",
    ]);
  });

  test.each([
    ["cont 0", "0"],
    ["cont 1", "0"],
    ["cont 2", "0"],
    ["cont 3", "12"],
    ["cont 4", "2"],
    ["close 4", "2"],
  ])("%s in configure answers %s", async (op, want) => {
    await using host = await probeHost({ configure: op });
    expect(lines(host)).toEqual([`configure ${op} = ${want}`]);
  });
});

describe("chain", () => {
  const plugin = (name: string, script: Record<string, string>) => ({
    name,
    wasm: probe,
    vmId: name,
    config: config({ args: "1", ...script }),
  });
  const order = (host: { logs: { plugin: string; text: string }[] }) =>
    host.logs
      .filter((l) => !l.text.startsWith("configure"))
      .map((l) => `${l.plugin} ${l.text.split("(")[0]}`);

  test("request in order, response in reverse, log before done and delete", async () => {
    await using host = await createHost({
      lifecycle: "single",
      plugins: [plugin("a", {}), plugin("b", {})],
      clusters: { backend: upstream().reply(204) },
    });
    await host.fetch("http://a.test/");
    expect(order(host)).toEqual([
      "a create", "a request_headers", "b create", "b request_headers",
      "b response_headers", "a response_headers",
      "a log", "b log", "a done", "a delete", "b done", "b delete",
    ]); // prettier-ignore
  });

  test("a filter that never got the request only logs", async () => {
    await using host = await createHost({
      lifecycle: "single",
      plugins: [plugin("a", { request_headers: "reply 401" }), plugin("b", {})],
      clusters: { backend: upstream() },
    });
    await host.fetch("http://a.test/");
    expect(order(host).filter((l) => l.startsWith("b"))).toEqual([
      "b create",
      "b log",
      "b done",
      "b delete",
    ]);
  });

  test("filter state of one plugin is read by the next, of another VM too", async () => {
    await using host = await createHost({
      lifecycle: "single",
      plugins: [
        plugin("a", { request_headers: "setprop k v" }),
        plugin("b", { request_headers: "prop k" }),
      ],
      clusters: { backend: upstream().reply(200) },
    });
    await host.fetch("http://a.test/");
    expect(lines(host)).toContain("request_headers prop k = 0 'v'");
  });

  test("native filters buffer, edit and reply", async () => {
    await using host = await createHost({
      lifecycle: "single",
      plugins: [
        {
          name: "buffer",
          native: {
            requestHeaders: (_h, end) => (end ? "Continue" : "StopIteration"),
            requestBody: (_b, end) => (end ? "Continue" : "StopIterationAndBuffer"),
          },
        },
        plugin("a", {}),
        { native: { responseHeaders: (h) => h.set("x-native", "1") } },
      ],
      clusters: { backend: upstream().reply(200) },
    });
    const answer = await host.fetch("http://a.test/", { chunks: ["a", "b"], framing: "chunked" });
    expect(answer.headers.get("x-native")).toBe("1");
    expect(lines(host).filter((l) => l.startsWith("request_body"))).toEqual(["request_body(2, 1)"]);
  });
});

test("a reply after the response headers is a reset of the upstream's answer, not a local one", async () => {
  await using host = await probeHost({ "response_body#1": "reply 500 late" });
  const answer = await host.fetch("http://a.test/");
  expect(answer).toMatchObject({ status: 200, reset: true, local: false });
});

describe("connection: close", () => {
  const reply = { request_headers: "reply 401 no" };
  const connection = async (host: Host, sent: object) =>
    (await host.fetch("http://a.test/", sent)).headers.pairs
      .filter(([name]) => name === "connection")
      .map(([, value]) => value);

  test("a client of HTTP/1.1 whose body was not read is told that its connection ends", async () => {
    await using host = await probeHost(reply);
    expect(await connection(host, { body: "body" })).toEqual(["close"]);
    expect(await connection(host, { chunks: ["bo", "dy"], framing: "chunked" })).toEqual(["close"]);
  });

  test("with nothing left to read it goes on", async () => {
    await using host = await probeHost(reply);
    expect(await connection(host, {})).toEqual([]);
    expect(await connection(host, { body: "" })).toEqual([]);
    await using read = await probeHost({ "request_body#2": "reply 401 no", request_body: "ret 1" });
    expect(await connection(read, { body: "body" })).toEqual([]);
  });

  test("in HTTP/2 there is no such thing", async () => {
    await using host = await probeHost(reply, { downstream: "h2" });
    expect(await connection(host, { body: "body" })).toEqual([]);
  });
});

describe("close_stream", () => {
  const after = async (ops: string, options: ProbeOptions = {}) => {
    await using host = await probeHost({ request_headers: ops }, options);
    const { status, reset, details } = await host.fetch("http://a.test/");
    return { said: lines(host).map((line) => line.split(" = ")[1]), status, reset, details };
  };

  test.each([0, 1])("%i closes the stream", async (type) => {
    const seen = await after(`close ${type}`);
    expect(seen).toMatchObject({ said: ["0"], reset: true, details: "wasm_close_stream" });
  });

  test.each([2, 3])("%i is about TCP: taken, without effect", async (type) => {
    const options = { strict: "error" } as const;
    const seen = await after(`close ${type}`, options);
    expect(seen).toMatchObject({ said: ["0"], status: 200, reset: false });
  });

  test("4 there is not", async () => {
    expect(await after("close 4")).toMatchObject({ said: ["2"], status: 200 });
  });
});
