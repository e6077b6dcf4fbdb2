import { describe, expect, test } from "vitest";
import { createHost, type HostOptions } from "../../harness/src";
import { buildFixture } from "../../scenario/fixture/build";

/** What the callback hears of a name: token, size, and the buffer it may read. */
async function heard(name: string, dns?: HostOptions["dns"]): Promise<string[]> {
  const steps = [`request_headers resolve ${name}`, "resolve_dns buffer 8 0 999"];
  await using host = await createHost({
    plugins: [{ wasm: await buildFixture("probe"), config: steps.join("\n") }],
    lifecycle: "single",
    ...(dns ? { dns } : {}),
  });
  await host.fetch("http://a.test/");
  return host.logs.map(({ text }) => text).filter((text) => /resolve|buffer/.test(text));
}

describe("envoy_resolve_dns", () => {
  test("names have the addresses a test gives them", async () => {
    const [call, callback, buffer] = await heard("redis.test", {
      "redis.test": ["10.0.0.1", "fd00::1"],
    });
    expect([call, callback]).toEqual(["  resolve redis.test = 0", "resolve_dns 2 35"]);
    expect(buffer).toMatch(/10\.0\.0\.1:0\0\[fd00::1\]:0\0$/);
  });

  test("other names have none", async () => {
    expect(await heard("toString")).toEqual([
      "  resolve toString = 0",
      "resolve_dns 2 4",
      "  buffer 8 0 999 = 0 \0\0\0\0",
    ]);
  });

  test("no server answers", async () => {
    expect(await heard("a.test", { "a.test": null })).toEqual([
      "  resolve a.test = 0",
      "resolve_dns 2 0",
      "  buffer 8 0 999 = 0",
    ]);
  });
});
