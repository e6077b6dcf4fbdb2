import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { upstream, type Upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

const REPORT = "count 6; get 6 :status; buf 4 0 99; status; eff; cont 0";

function run(auth: Upstream, timeout = 1000) {
  return probeHost(
    { args: "1", request_headers: `call auth /check ${timeout}; ret 4`, http_call: REPORT },
    { clusters: { backend: upstream().reply(200), auth } },
  );
}

const callbacks = (all: string[]) => all.filter((l) => l.startsWith("http_call"));

describe("http calls", () => {
  test.each([
    ["call nobody /x 0", "2 0"],
    ["callbare auth", "2 0"],
    ["call auth /x -1", "2 0"],
    ["call empty /x 0", "10 0"],
    ["call auth /x 0", "0 4"],
  ])("%s answers %s", async (op, want) => {
    const clusters = {
      backend: upstream().reply(200),
      auth: upstream().reply(200),
      empty: upstream().noEndpoints(),
    };
    await using host = await probeHost({ request_headers: op }, { clusters });
    await host.fetch("http://a.test/");
    expect(lines(host)[0]).toBe(`request_headers ${op} = ${want}`);
  });

  test("ok: response, body, trailers; the upstream sees what the host adds", async () => {
    const auth = upstream().reply(200, {
      headers: { a: ["1", "2"] },
      body: "yes",
      trailers: { t: "1" },
    });
    await using host = await run(auth);
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(callbacks(lines(host)).slice(0, 4)).toEqual([
      "http_call(4, 3, 3, 1)",
      "http_call count 6 = 0 3",
      "http_call get 6 :status = 0 '200'",
      "http_call buf 4 0 99 = 0 'yes'",
    ]);
    expect(auth.last!.get("x-envoy-internal")).toBe("true");
    expect(auth.last!.get("x-envoy-expected-rq-timeout-ms")).toBe("1000");
    expect(host.calls("proxy_http_call").last).toMatchObject({
      cluster: "auth",
      outcome: "200",
      token: 4,
    });
  });

  test("without a timeout the upstream is told of none", async () => {
    const auth = upstream().reply(200);
    await using host = await run(auth, 0);
    await host.fetch("http://a.test/");
    expect(auth.last!.get("x-envoy-internal")).toBe("true");
    expect(auth.last!.get("x-envoy-expected-rq-timeout-ms")).toBeUndefined();
  });

  test("timeout is a 504 with a text", async () => {
    await using host = await run(upstream().never());
    expect((await host.fetch("http://a.test/").advance(1000)).status).toBe(200);
    expect(callbacks(lines(host)).slice(0, 4)).toEqual([
      "http_call(4, 3, 24, 0)",
      "http_call count 6 = 0 3",
      "http_call get 6 :status = 0 '504'",
      "http_call buf 4 0 99 = 0 'upstream request timeout'",
    ]);
    expect(host.callouts[0]!.outcome).toBe("504");
  });

  test("refused and reset before headers are a 503", async () => {
    await using host = await run(upstream().refuse());
    await host.fetch("http://a.test/");
    expect(callbacks(lines(host))[2]).toBe("http_call get 6 :status = 0 '503'");
    expect(callbacks(lines(host))[3]).toContain(
      "upstream connect error or disconnect/reset before headers",
    );
  });

  test("reset after headers: nothing, and a status", async () => {
    await using host = await run(upstream().reply(200, { chunks: ["abc", "def"], cutAfter: 1 }));
    await host.fetch("http://a.test/");
    expect(callbacks(lines(host)).slice(0, 5)).toEqual([
      "http_call(4, 0, 0, 0)",
      "http_call count 6 = 0 0",
      "http_call get 6 :status = 2 null",
      "http_call buf 4 0 99 = 1 null",
      "http_call status = 0 11 'reset'",
    ]);
  });

  test("the stream is gone: the callback still comes, the context is not", async () => {
    const auth = upstream().after(50).reply(200);
    await using host = await run(auth);
    const s = host.stream("GET http://a.test/");
    await s.headers({ end: true });
    await s.abort();
    await host.clock.advance(50);
    expect(lines(host)).toContain("http_call eff = 2");
  });

  test("completion order is the order of arrival", async () => {
    await using host = await probeHost(
      { args: "1", request_headers: "call slow /1 0; call fast /2 0" },
      {
        clusters: {
          backend: upstream().reply(200),
          slow: upstream().after(20).reply(200),
          fast: upstream().after(10).reply(200),
        },
      },
    );
    await host.fetch("http://a.test/");
    await host.clock.runToIdle();
    expect(callbacks(lines(host))).toEqual(["http_call(8, 2, 0, 0)", "http_call(4, 2, 0, 0)"]);
  });

  test("body sets content-length; a call in configure runs on main and worker, the canary's never leaves", async () => {
    const auth = upstream().reply(200);
    await using host = await probeHost(
      { configure: "call auth /x 0 body" },
      { lifecycle: "envoy", clusters: { backend: upstream().reply(200), auth } },
    );
    expect(auth.requests.map((r) => [r.method, r.body, r.get("content-length")])).toEqual([
      ["POST", "body", "4"],
      ["POST", "body", "4"],
    ]);
    expect(host.callouts.map((c) => [c.vm, c.outcome])).toEqual([
      ["canary", "cancelled"],
      ["main", "200"],
      ["worker0", "200"],
    ]);
  });

  test("a live server answers a proxied request and a call-out", async () => {
    const server = createServer((request, response) => {
      response.setHeader("x-live", "1");
      response.end(`${request.method} ${request.url}`);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using host = await probeHost(
      { request_headers: "call auth /check 1000; ret 4", http_call: REPORT },
      { clusters: { backend: url, auth: url } },
    );
    const answer = await host.fetch("http://a.test/p");
    expect(answer.text()).toBe("GET /p");
    expect(answer.headers.get("x-live")).toBe("1");
    expect(lines(host)).toContain("http_call buf 4 0 99 = 0 'GET /check'");
    server.close();
  });
});

describe("gRPC", () => {
  const frame = (text: string) => Uint8Array.from([0, 0, 0, 0, text.length, ...Buffer.from(text)]);
  test("unary success is one receive, failure is one close", async () => {
    const good = upstream().reply(200, { chunks: [frame("hi")], trailers: { "grpc-status": "0" } });
    await using host = await probeHost(
      {
        args: "1",
        request_headers: "grpc good S M 0; grpc bad S M 0; grpc silent S M 100; grpc _nobody S M 0",
        grpc_receive: "buf 5 0 9",
      },
      {
        clusters: {
          backend: upstream().reply(200),
          good,
          bad: upstream().reply(404),
          silent: upstream().never(),
        },
      },
    );
    await host.fetch("http://a.test/");
    await host.clock.advance(100);
    const got = lines(host).filter((l) => l.includes("grpc"));
    expect(got).toEqual([
      "request_headers grpc good S M 0 = 0 5",
      "request_headers grpc bad S M 0 = 0 9",
      "request_headers grpc silent S M 100 = 0 13",
      "request_headers grpc _nobody S M 0 = 4 0",
      "grpc_receive(5, 2)",
      "grpc_receive buf 5 0 9 = 0 'hi'",
      "grpc_close(9, 12)",
      "grpc_close(13, 14)",
    ]);
    expect(good.last).toMatchObject({ path: "/S/M", authority: "good" });
  });
});

describe("router", () => {
  test.each([
    ["refuse", upstream().refuse(), 503, /^upstream_reset_before_response_started/],
    ["reset", upstream().reset(), 503, /connection_termination/],
    ["no endpoints", upstream().noEndpoints(), 503, /^no_healthy_upstream$/],
  ])("%s runs through the response filters", async (_name, backend, status, details) => {
    await using host = await probeHost({ args: "1" }, { clusters: { backend } });
    const answer = await host.fetch("http://a.test/");
    expect(answer.status).toBe(status);
    expect(answer.details).toMatch(details);
    expect(lines(host).some((l) => l.startsWith("response_headers("))).toBe(true);
  });

  test("route timeout 504, no route 404, direct response, re-route by header edit", async () => {
    const routes = [
      { name: "direct", match: { path: "/direct" }, directResponse: { status: 418, body: "tea" } },
      { name: "other", match: { headers: { "x-route": "other" } }, cluster: "other" },
      { name: "slow", match: { prefix: "/slow" }, cluster: "backend", timeoutMs: 100 },
      { name: "main", match: { prefix: "/p" }, cluster: "other" },
    ];
    const clusters = { backend: upstream().never(), other: upstream().reply(200) };
    await using host = await probeHost(
      {
        request_headers: "prop xds.route_name",
        "request_headers#4": "prop xds.route_name; add 0 x-route other",
      },
      { routes, clusters, strict: "error" },
    );
    expect(await host.fetch("http://a.test/direct")).toMatchObject({
      status: 418,
      details: "direct_response",
    });
    expect(await host.fetch("http://a.test/none")).toMatchObject({
      status: 404,
      details: "route_not_found",
    });
    expect(await host.fetch("http://a.test/slow").advance(100)).toMatchObject({
      status: 504,
      details: "response_timeout",
    });
    expect(await host.fetch("http://a.test/slow")).toMatchObject({ status: 200, route: "other" });
    expect(lines(host).at(-2)).toContain("'slow'");
    expect(host.violations.map((v) => v.rule)).toContain("S31");
  });

  test("upstream cut mid-body: reset, straight to log", async () => {
    await using host = await probeHost(
      { args: "1" },
      { clusters: { backend: upstream().reply(200, { chunks: ["a", "b"], cutAfter: 1 }) } },
    );
    expect(await host.fetch("http://a.test/")).toMatchObject({ status: 200, reset: true });
    expect(lines(host).slice(-4)).toEqual([
      "response_body(1, 0)",
      "log(2)",
      "done(2)",
      "delete(2)",
    ]);
  });

  test("decorations: what filters and upstream see", async () => {
    await using host = await probeHost({});
    const answer = await host.fetch("http://a.test/", { headers: { b: "1" } });
    expect(answer.upstream[0]!.headers.map(([n]) => n)).toEqual([
      ":authority", ":path", ":method", ":scheme", "b", "x-forwarded-proto", "x-request-id", "x-envoy-expected-rq-timeout-ms",
    ]); // prettier-ignore
    expect(answer.headers.pairs.map(([n]) => n)).toEqual([
      "content-length",
      "x-envoy-upstream-service-time",
      "date",
      "server",
    ]);
  });

  test("missing :status is 502, header value with CR LF is 503", async () => {
    await using status = await probeHost({ response_headers: "rem 2 :status" });
    expect(await status.fetch("http://a.test/")).toMatchObject({ status: 502 });
    await using crlf = await probeHost({ request_headers: "add 0 x a\\r\\nb" });
    expect((await crlf.fetch("http://a.test/")).text()).toBe("invalid header value for: x");
  });

  test("scripted upstreams: rules, sequences, delays, functions", async () => {
    const backend = upstream()
      .on("POST /a")
      .reply(201)
      .then()
      .after(10)
      .reply(202)
      .on("/b*")
      .handle((r) => ({ status: 200, json: { path: r.path } }))
      .otherwise()
      .reply(404);
    await using host = await probeHost({}, { clusters: { backend } });
    expect((await host.fetch("POST http://a.test/a")).status).toBe(201);
    expect((await host.fetch("POST http://a.test/a").advance(10)).status).toBe(202);
    expect((await host.fetch("POST http://a.test/a").settle()).status).toBe(202);
    expect((await host.fetch("http://a.test/bcd")).json()).toEqual({ path: "/bcd" });
    expect((await host.fetch("http://a.test/c")).status).toBe(404);
  });
});
