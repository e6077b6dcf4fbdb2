import { readFileSync } from "node:fs";
import { createHost, upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { buildPlugin } from "./build.js";

test("the smallest plugin sets x-hello, whatever the client sent", async () => {
  const wasm = readFileSync(await buildPlugin("examples/hello-world/assembly/index.ts"));
  await using host = await createHost({
    plugins: [{ name: "hello-world", wasm }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
  });
  const answer = await host.fetch("http://a.test/", { headers: { "x-hello": "me" } });
  const hello = answer.upstream[0]?.headers.filter(([name]) => name === "x-hello");
  expect(hello).toEqual([["x-hello", "world"]]);
  expect([answer.status, answer.text()]).toEqual([200, "ok"]);
});
