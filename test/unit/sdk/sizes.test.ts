import { createHost, upstream, type Upstream } from "proxy-wasm-test";
import { expect, it } from "vitest";
import { buildPlugin } from "./build.js";
import { RawHost } from "./raw-host.js";

async function heard(asked: Upstream): Promise<string[]> {
  const wasm = await buildPlugin("test/unit/sdk/driver/sizes.ts");
  await using host = await createHost({
    plugins: [{ wasm, name: "driver" }],
    clusters: { backend: upstream().reply(200), asked },
    lifecycle: "single",
    // Looking at a response before there is one is what this test does.
    strict: { S08: "off" },
  });
  await host.fetch("http://a/", { chunks: ["12", "345"], framing: "chunked" }).settle();
  return host.logs.map(({ text }) => text);
}

const SIZES = ["headers 60", "no headers 0", "no body 0", "body 2", "body 5", "body 5"];

it("sizes are told without fetching what is measured", async () => {
  expect(await heard(upstream().reply(204))).toEqual([...SIZES, "call 0", "status 204"]);
});

it("a call that breaks off says so", async () => {
  const cut = upstream().reply(200, { chunks: ["a", "b"], cutAfter: 1 });
  expect(await heard(cut)).toEqual([...SIZES, "call 11 reset", "status 502"]);
});

it.each([
  ["200", 200],
  ["999", 999],
  ["", 500],
  ["abc", 500],
  ["20x", 500],
  ["99", 500],
  ["1000", 500],
  ["-200", 500],
])("an answer of status %j is one of %i", async (text, status) => {
  const host = new RawHost(await buildPlugin("test/unit/sdk/driver/sizes.ts"));
  host.root(1, "");
  host.contexts.add(2);
  host.call("proxy_on_context_create", 2, 1);
  host.call("proxy_on_request_headers", 2, 0, 0);
  host.call("proxy_on_request_body", 2, 0, 1);
  host.path = text;
  host.take();
  host.call("proxy_on_http_call_response", 1, 0, 3, 0, 0);
  expect(host.take().at(-1)).toBe(`status ${status}`);
});

it.each([
  [0, "redis 5 "],
  [1, "redis failed 5 "],
  [2, "redis failed 5 "],
  [-1, "redis failed 5 "],
])("a Redis reply of status %i: %s", async (status, line) => {
  const host = new RawHost(await buildPlugin("test/unit/sdk/driver/host.ts", { higress: true }));
  host.root(1, "");
  host.contexts.add(2);
  host.call("proxy_on_context_create", 2, 1);
  const headers = ["/redis", "cache", "", "root"]; // path and arguments, as the driver reads them
  host.during.set("proxy_get_header_map_value", () => (host.path = headers.shift() ?? ""));
  host.call("proxy_on_request_headers", 2, 0, 1);
  host.take();
  host.configuration = ""; // what every buffer holds here
  host.call("proxy_on_redis_call_response", 1, 0, status, 0);
  expect(host.take()).toEqual([line]);
});
