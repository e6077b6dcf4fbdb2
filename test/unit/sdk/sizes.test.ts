import { createHost, upstream, type Upstream } from "proxy-wasm-test";
import "proxy-wasm-test/vitest/setup";
import { expect, it } from "vitest";
import { buildPlugin } from "./build.js";

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
