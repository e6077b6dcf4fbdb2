import { createHost, LoadError, upstream, type Host, type Upstream } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "../sdk/build.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/kit/driver/route-call.ts");
});

async function open(
  profile: "envoy-1.40" | "higress-2.2",
  backend: Upstream,
  config = "",
): Promise<Host> {
  return await createHost({
    profile,
    plugins: [{ wasm, name: "route-call", config, allowOnHeadersStopIteration: true }],
    clusters: { backend },
    downstream: "h2",
    upstreamProtocol: "h2",
    lifecycle: "single",
  });
}

const CLIENT = {
  method: "POST",
  body: "what the client says",
  headers: {
    ":authority": "client.test",
    "x-url": "/other?x=1",
    "x-body": "ours",
    "x-old": "old",
    "x-stays": "1",
    "accept-encoding": "gzip",
  },
};
/** Lines of the driver, without those of its start. */
const said = (host: Host) => host.logs.map(({ text }) => text).filter((text) => !/^\[/.test(text));

describe.each(["envoy-1.40", "higress-2.2"] as const)("a call on the route, in %s", (profile) => {
  it("is sent in place of the client's request, which stands in x-envoy-original-*", async () => {
    const backend = upstream().reply(200, { body: "ok" });
    await using host = await open(profile, backend);
    await host.fetch("/asked", CLIENT);
    const sent = backend.last!;
    expect(backend.requests).toHaveLength(1);
    expect([sent.method, sent.path, sent.authority, sent.body]).toEqual([
      "PUT",
      "/other?x=1",
      "client.test",
      "ours",
    ]);
    const names = /^(x-many|x-old|x-stays|x-envoy-original-.*|accept-encoding|content-length)$/;
    expect(sent.headers.filter(([name]) => names.test(name)).sort()).toEqual([
      ["x-envoy-original-host", "client.test"],
      ["x-envoy-original-method", "POST"],
      ["x-envoy-original-path", "/asked"],
      ["x-many", "1"],
      ["x-many", "2"],
      ["x-old", "new"],
      ["x-stays", "1"],
    ]);
  });

  it("goes to the host of its URL", async () => {
    const backend = upstream().reply(200, { body: "ok" });
    await using host = await open(profile, backend);
    const headers = { ...CLIENT.headers, "x-url": "http://other.test/a%20b", "x-body": "" };
    await host.fetch("/asked", { ...CLIENT, headers });
    expect([backend.last!.authority, backend.last!.body]).toEqual(["other.test", ""]);
    expect(new Map(backend.last!.headers).get("x-envoy-original-host")).toBe("client.test");
  });

  it.each([
    ["in pieces", { chunks: ["one ", "two"] }, "one two"],
    ["without a body", {}, ""],
    ["with trailers", { body: "b", trailers: { "x-t": "1" } }, "b"],
  ])("is answered, headers held until all is there: %s", async (_how, reply, body) => {
    const headers = { "x-from": "upstream" };
    await using host = await open(profile, upstream().reply(203, { ...reply, headers }));
    const answer = await host.fetch("/asked", CLIENT);
    expect(said(host)).toEqual([`203 ${body} upstream`]);
    expect([answer.status, answer.text(), answer.headers.get("x-judged")]).toEqual([
      203,
      body,
      "1",
    ]);
  });

  it.each([
    ["a URL that is none", { "x-url": ":none" }],
    ["headers that are gone", { "x-late": "1" }],
  ])("is not begun, and nothing is changed: %s", async (_why, more) => {
    const backend = upstream().reply(200, { body: "ok" });
    await using host = await open(profile, backend);
    const answer = await host.fetch("/asked", {
      ...CLIENT,
      headers: { ...CLIENT.headers, ...more },
    });
    expect(said(host)).toEqual(["not started"]);
    expect([backend.last!.method, backend.last!.path, backend.last!.body]).toEqual([
      "POST",
      "/asked",
      CLIENT.body,
    ]);
    expect(answer.headers.get("x-judged")).toBeNull();
  });
});

it("a plugin that cannot start is refused, in the peer's words", async () => {
  const refused = await open("envoy-1.40", upstream().reply(200), '"never"').catch(
    (e: unknown) => e,
  );
  expect(refused).toBeInstanceOf(LoadError);
  expect((refused as LoadError).logs.map(({ level, text }) => `${level} ${text}`)).toContain(
    "error [route-call] [nil] [nil] prePluginStartOrReload hook failed: no disk",
  );
});
