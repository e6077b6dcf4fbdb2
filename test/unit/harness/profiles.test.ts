import { describe, expect, test } from "vitest";
import { createHost, redis, upstream, type ProfileName } from "../../harness/src";
import { lines, probeFor, probeHost } from "./probe";
import { ABI, MALLOC, wasm, type ModuleSpec } from "./wat";

const HIGRESS: ProfileName[] = ["higress-2.1", "higress-2.2"];
const events = (all: string[], name: string) =>
  all.filter((l) => l.startsWith(`${name}(`)).map((l) => l.slice(name.length));

describe("headers return 1", () => {
  test.each([
    ["envoy-1.40", false, "StopAllIterationAndWatermark"],
    ["envoy-1.40", true, "StopIteration"],
    ["higress-2.1", false, "StopIteration"],
    ["higress-2.2", false, "StopIteration"],
  ] as const)("%s, option %s: %s", async (profile, option, action) => {
    await using host = await probeHost(
      { request_headers: "ret 1" },
      { profile, plugin: { allowOnHeadersStopIteration: option } },
    );
    const s = host.stream("POST http://a.test/");
    expect(await s.headers()).toMatchObject({ paused: true, action, by: "probe" });
    await s.abort();
  });

  test("2 is Continue, more than 4 is 4", async () => {
    await using two = await probeHost({ request_headers: "ret 2" });
    expect((await two.fetch("http://a.test/")).status).toBe(200);
    await using nine = await probeHost({ request_headers: "ret 9" });
    expect(await nine.stream("GET http://a.test/").headers({ end: true })).toMatchObject({
      action: "StopAllIterationAndWatermark",
    });
  });

  test("a bodyless request paused with 1 and not continued stalls and is reported", async () => {
    await using host = await probeHost(
      { request_headers: "ret 1" },
      { profile: "higress-2.2", strict: "error" },
    );
    await expect(host.fetch("http://a.test/")).rejects.toThrow(
      /S11.*probe \(request, StopSingle\)/,
    );
  });
});

test("higress-2.1 hides the current chunk after a 1; on h2 the last one is never seen", async () => {
  const run = async (downstream: "h1" | "h2") => {
    await using host = await probeHost(
      {
        args: "1",
        request_body: "ret 1",
        [downstream === "h1" ? "request_body#3" : "request_body#2"]: "buf 0 0 99",
      },
      { profile: "higress-2.1", downstream },
    );
    const answer = await host.fetch("http://a.test/", { chunks: ["AB", "CD"], framing: "chunked" });
    return [
      events(lines(host), "request_body"),
      lines(host).at(-1) && lines(host).find((l) => l.includes(" buf ")),
      answer.upstream[0]!.body,
    ];
  };
  expect(await run("h1")).toEqual([
    ["(2, 0)", "(2, 0)", "(4, 1)"],
    "request_body buf 0 0 99 = 0 'ABCD'",
    "ABCD",
  ]);
  expect(await run("h2")).toEqual([
    ["(2, 0)", "(2, 1)"],
    "request_body buf 0 0 99 = 0 'AB'",
    "ABCD",
  ]);
});

/** A module that returns 1 from response headers, and exports what is asked for besides. */
function pausing(exports: ModuleSpec["exports"]): Uint8Array {
  const one = { params: "iii", results: "i", body: [0x41, 1] };
  return wasm({ exports: { ...ABI, ...MALLOC, ...exports, proxy_on_response_headers: one } });
}

/** What the response headers callback of a module of ABI 0.2.1 comes to. */
async function actionOf(profile: ProfileName, module: Uint8Array): Promise<string | undefined> {
  await using host = await createHost({
    profile,
    plugins: [{ wasm: module }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    strict: "off",
  });
  const stream = host.stream("GET http://a.test/");
  const { callbacks } = await stream.headers({ end: true });
  await stream.abort();
  return callbacks.find(({ callback }) => callback === "proxy_on_response_headers")?.action;
}

describe("host.md 6", () => {
  test("a host tells modules of older ABIs by their request headers callback", async () => {
    const without = pausing({});
    const with_ = pausing({ proxy_on_request_headers: { params: "iii", results: "i" } });
    for (const profile of HIGRESS) {
      expect(await actionOf(profile, without)).toBe("StopIteration");
      expect(await actionOf(profile, with_)).toBe("StopAllIterationAndWatermark");
    }
    expect(await actionOf("envoy-1.40", without)).toBe("StopAllIterationAndWatermark");
  });

  test.each([
    ["envoy-1.40", false],
    ["higress-2.1", true],
    ["higress-2.2", true],
  ] as const)("__main_void under %s: passed over %s", async (profile, passedOver) => {
    const exports = {
      ...ABI,
      ...MALLOC,
      _initialize: {},
      __main_void: { results: "i", body: [0x00] },
    };
    const load = createHost({ profile, plugins: [{ wasm: wasm({ exports }) }] });
    if (passedOver) await (await load).close();
    else await expect(load).rejects.toThrow("Failed to initialize Wasm code");
  });

  test("a module of ABI 0.2.1 may import what only Higress has, there", async () => {
    const imports = [{ name: "proxy_redis_call", params: "iiiii", results: "i" }];
    const module = wasm({ imports, exports: { ...ABI, ...MALLOC } });
    for (const profile of HIGRESS)
      await (await createHost({ profile, plugins: [{ wasm: module }] })).close();
    const envoy = createHost({ plugins: [{ wasm: module }] });
    await expect(envoy).rejects.toThrow("missing import: env.proxy_redis_call");
  });

  test.each([
    ["envoy-1.40", ["0", "0", "1"]],
    ["higress-2.1", ["0", "1", "0"]],
    ["higress-2.2", ["0", "0", "0"]],
  ] as const)("foreign functions of %s", async (profile, statuses) => {
    const script = {
      request_headers: "foreign compress x; foreign clear_route_cache; foreign get_log_level",
    };
    await using host = await probeHost(script, { profile, strict: "error" });
    await host.fetch("http://a.test/");
    const answers = lines(host).map((line) => / = (\d+)/.exec(line)?.[1]);
    expect(answers.filter(Boolean)).toEqual(statuses);
  });
});

describe.each(HIGRESS)("%s", (profile) => {
  test("details are prefixed, a second reply is refused, a dead VM recovers", async () => {
    await using host = await probeHost(
      {
        "request_headers#1": "reply 401 a why",
        response_headers: "reply 402 b",
        "request_headers#3": "trap",
      },
      { profile },
    );
    expect(await host.fetch("http://a.test/")).toMatchObject({
      status: 401,
      details: "via_wasm::probe::why",
    });
    expect(lines(host)).toContain("response_headers reply 402 b = 2");
  });

  test.each(["FAIL_CLOSED", "FAIL_OPEN"] as const)(
    "%s: recovers at the very next stream, at most once a second",
    async (failurePolicy) => {
      await using host = await probeHost(
        { request_headers: "reply 201 a" },
        { profile, plugin: { failurePolicy } },
      );
      const status = async () => (await host.fetch("http://a.test/")).status;
      host.inject.trap("proxy_send_local_response");
      expect([await status(), await status()]).toEqual([503, 201]);
      host.inject.trap("proxy_send_local_response");
      const skipped = failurePolicy === "FAIL_OPEN" ? 200 : 503;
      expect([await status(), await status()]).toEqual([503, skipped]);
      await host.clock.advance(999);
      expect(await status()).toBe(skipped);
      await host.clock.advance(1);
      expect(await status()).toBe(201);
      expect(host.metrics.counter("wasm.probe.vm_reload_success")).toBe(2);
    },
  );

  test("clear_route_cache=off keeps the route, the buffer limit can be raised", async () => {
    const routes = [
      { name: "b", match: { headers: { x: "1" } }, cluster: "other" },
      { name: "a", cluster: "backend" },
    ];
    const clusters = { backend: upstream().reply(200), other: upstream().reply(201) };
    await using kept = await probeHost(
      { request_headers: "setprop clear_route_cache off; add 0 x 1" },
      { profile, routes, clusters },
    );
    expect((await kept.fetch("http://a.test/")).route).toBe("a");
    await using moved = await probeHost(
      { request_headers: "add 0 x 1" },
      { profile, routes, clusters },
    );
    expect((await moved.fetch("http://a.test/")).route).toBe("b");
    const body = "x".repeat(40_000);
    await using small = await probeHost({ request_headers: "ret 3" }, { profile });
    expect((await small.fetch("http://a.test/", { body })).status).toBe(413);
    await using big = await probeHost(
      {
        request_headers: "setprop set_decoder_buffer_limit 100000; ret 1",
        request_body: "ret 1",
        "request_body#2": "ret 0",
      },
      { profile },
    );
    expect((await big.fetch("http://a.test/", { body })).upstream[0]!.body.length).toBe(40_000);
  });

  test("inject goes past the filter", async () => {
    await using host = await probeHost(
      {
        "response_body#1": "call auth / 0; ret 3",
        "response_body#2": "ret 3",
        http_call: "eff; inject released 1",
      },
      {
        profile,
        clusters: {
          backend: upstream().reply(200, { chunks: ["secret"] }),
          auth: upstream().after(5).reply(200),
        },
      },
    );
    const answer = await host.fetch("http://a.test/").advance(5);
    expect(answer.text()).toBe("released");
  });
});

describe("proxytest", () => {
  const results = async (script: Record<string, string>, callback: string) => {
    await using host = await probeHost(script, { profile: "proxytest" });
    await host
      .fetch("http://a.test/p", { headers: { x: "1", y: "a", e: "" }, body: "hello" })
      .settle();
    return lines(host)
      .filter((l) => l.startsWith(callback))
      .map((l) => l.split(" = ")[1]);
  };

  test("modules that import what the Go emulator lacks do not load", async () => {
    const plugin = { wasm: probeFor("higress-2.2") };
    await expect(probeHost({}, { profile: "proxytest", plugin })).rejects.toThrow(
      "due to a missing import: env.proxy_get_",
    );
  });

  test("headers are reachable always, empty is NotFound, add glues, remove takes one", async () => {
    const ops = "get 0 x; get 0 e; get 0 none; get 2 x; add 0 x 2; get 0 x; rem 0 x; get 0 x";
    expect(await results({ request_body: ops }, "request_body")).toEqual([
      "0 '1'", "1 null", "1 null", "1 null", "0", "0 '12'", "0", "1 null",
      "0 null", "1 null", "1 null", "1 null", "0", "0 '2'", "0", "1 null",
    ].map((r, i) => (i === 8 ? "1 null" : r))); // prettier-ignore
  });

  test("bodies, shared data, metrics, queues and call-out ids", async () => {
    const body = await results(
      { "request_body#1": "buf 0 9 1; buf 1 0 9; setbuf 0 0 2 x; setbuf 0 0 99 y; buf 0 0 9" },
      "request_body",
    );
    expect(body).toEqual(["2 null", "1 null", "2", "0", "0 'y'"]);
    const state =
      "sset k a 0; sset k b 0; sget k; sset k b 1; sget k; mdef 0 c; mdef 0 c; minc 0 -1; mget 0; mrec 0 9; mget 0; qreg q; call anything /x 0; redis nobody get k; call b /y 0";
    expect(await results({ request_headers: state }, "request_headers")).toEqual([
      "0", "8", "0 'a' 1", "0", "0 'b' 2", "0 0", "0 0", "0", "0 18446744073709551615", "0", "0 9", "0 0", "0 0", "0 0", "0 1",
    ]); // prettier-ignore
  });

  test("metrics have an id per name, whatever their type", async () => {
    const script = {
      request_headers:
        "mdef 7 a; mdef 2 a; mdef 2 b; minc 1 -1; mget 1; mrec 1 3; minc 0 2; mget 0",
    };
    expect(await results(script, "request_headers")).toEqual([
      "0 0", "0 0", "0 1", "0", "0 18446744073709551615", "0", "0", "0 2",
    ]); // prettier-ignore
  });

  test("a cas of all ones wraps to 0", async () => {
    const script = { request_headers: "sset k a -1; sget k; sset k b 1; sset k b 0; sget k" };
    expect(await results(script, "request_headers")).toEqual(["0", "0 'a' 0", "8", "0", "0 'b' 1"]);
  });

  test("an answer to an HTTP call of a finished stream is not delivered, one of Redis is", async () => {
    const script = { args: "1", request_headers: "call auth / 0; redis nobody get k" };
    const callbacks = async (profile: "proxytest" | "higress-2.2") => {
      const auth = upstream().after(5).reply(200);
      await using host = await probeHost(script, {
        profile,
        clusters: { backend: upstream().reply(200), auth, nobody: redis().after(5) },
      });
      await host.fetch("http://a.test/");
      await host.clock.advance(10);
      return lines(host).filter((line) => /^(http_call|redis)\w*\(/.test(line)).length;
    };
    expect(await callbacks("higress-2.2")).toBe(2);
    expect(await callbacks("proxytest")).toBe(1);
  });

  test("no done, no delete; unknown foreign functions end the test", async () => {
    await using host = await probeHost(
      { args: "1", request_body: "foreign nobody" },
      { profile: "proxytest" },
    );
    await host.fetch("http://a.test/");
    expect(lines(host).at(-1)).toMatch(/^log\(/);
    await expect(host.fetch("http://a.test/", { body: "x" })).rejects.toThrow(
      "unknown foreign function",
    );
  });

  test("S22: memory given to the host and overwritten afterwards", async () => {
    await using careless = await probeHost(
      { "request_body#1": "scribble 0" },
      { profile: "proxytest", strict: "error" },
    );
    await careless.fetch("http://a.test/", { body: "hello" });
    expect(careless.failingViolations().map((v) => v.rule)).toContain("S22");
  });
});
