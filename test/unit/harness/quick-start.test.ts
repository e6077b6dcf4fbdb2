import { expect, test } from "vitest";
import { createHost, upstream } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";

test("denies without a key", async () => {
  const consumers = [{ name: "team-a", credential: "k" }];
  const config = { keys: ["x-api-key"], in_header: true, consumers };
  await using host = await createHost({
    plugins: [{ name: "key-auth", wasm: "build/envoy/key-auth.wasm", config }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
  });
  expect(await host.fetch("http://a.test/v1")).toBeLocalReply(401);
  const answer = await host.fetch("http://a.test/v1", { headers: { "x-api-key": "k" } });
  expect(answer.upstream[0]).toMatchObject({ method: "GET", path: "/v1" });
});

// The above is the quick start of the harness's README, as it stands there.
test("is what the README says", async () => {
  const { readFileSync } = await import("node:fs");
  const [, block = ""] =
    /```ts\n([\s\S]*?)```/.exec(readFileSync("test/harness/README.md", "utf8")) ?? [];
  expect(block).not.toBe("");
  expect(readFileSync("test/unit/harness/quick-start.test.ts", "utf8").startsWith(block)).toBe(
    true,
  );
});
