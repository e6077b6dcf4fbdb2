import { createHost, upstream, type PluginOptions } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { describe, expect, test } from "vitest";
import { CHAIN } from "../../../build/tools/chain.js";

const CONFIG = {
  keys: ["x-api-key"],
  in_header: true,
  consumers: [{ name: "alice", credential: "k1" }],
};

const filter = (build: string, rootId: string, config: object): PluginOptions => ({
  name: rootId || "nameless",
  rootId,
  vmId: "chain",
  wasm: `build/${build}/${CHAIN.name}.wasm`,
  config: JSON.stringify(config),
});

describe.each([
  ["envoy", "envoy-1.40"],
  ["higress", "higress-2.2"],
] as const)("%s", (build, profile) => {
  test.each(["", "keyauth", "key-auth ", "model-fallback"])(
    "the root id %j is refused, and the log says which there are",
    async (rootId) => {
      await expect(
        createHost({ profile, lifecycle: "single", plugins: [filter(build, rootId, CONFIG)] }),
      ).rejects.toThrow(
        `root_id is to name one of the plugins in this module: ${CHAIN.plugins.join(" ")}`,
      );
    },
  );

  test("two configurations of one plugin and another plugin share the VM, not what they say", async () => {
    const seen: string[] = [];
    const backend = upstream().handle(({ headers }) => {
      const names = ["x-mse-consumer", "x-m"];
      seen.push(headers.flatMap(([name, value]) => (names.includes(name) ? [value] : [])).join());
      return { status: 200, body: "{}" };
    });
    const other = { ...CONFIG, consumers: [{ name: "bob", credential: "k2" }] };
    const router = filter(build, "model-router", { modelToHeader: "x-m" });
    await using host = await createHost({
      profile,
      lifecycle: "single",
      clusters: { backend },
      plugins: [
        filter(build, "key-auth", { ...CONFIG, global_auth: false }),
        { ...router, allowOnHeadersStopIteration: true },
        { ...filter(build, "key-auth", other), name: "again" },
      ],
    });
    const ask = (key: string) =>
      host
        .fetch("http://a.test/v1/chat/completions", {
          headers: { "x-api-key": key, "content-type": "application/json" },
          body: '{"model":"m1"}',
        })
        .settle();
    expect((await ask("k1")).status).toBe(403);
    expect((await ask("k2")).status).toBe(200);
    expect(seen).toEqual(["m1,bob"]);
  });
});
