import { describe, expect, test } from "vitest";
import { GO, gateway, seen } from "./support.js";

describe("time", () => {
  const KEY = { key: "k", not_before: "2026-03-01T00:00:00Z", expires_at: "2026-04-01T00:00:00Z" };
  const config = { ...GO, consumers: [{ name: "a", api_keys: [KEY] }] };
  const at = (time: string) => Date.parse(time);

  test.each([
    ["2026-02-28T23:59:59.999Z", "key-auth.key_not_active"],
    ["2026-03-01T00:00:00Z", "via_upstream"],
    ["2026-03-31T23:59:59.999Z", "via_upstream"],
    ["2026-04-01T00:00:00Z", "key-auth.expired_key"],
    ["1970-01-01T00:00:01Z", "key-auth.key_not_active"],
  ])("at %s the answer is %s", async (time, details) => {
    const host = await gateway(config, { startTime: at(time) });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k" } });
    expect(answer.details).toBe(details);
    await host.close();
  });

  test("a key that expires while its body arrives is still good for this request", async () => {
    const consumers = [{ name: "a", api_keys: [{ ...KEY, allow_models: ["m"] }] }];
    const host = await gateway({ ...GO, consumers }, { startTime: at("2026-03-31T23:59:59Z") });
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k", "content-length": "13" },
    });
    await stream.headers();
    await host.clock.advance(5000);
    await stream.data('{"model":"m"}', { end: true });
    expect((await stream.response()).status).toBe(200);
    expect((await host.fetch("/", { headers: { "x-api-key": "k" } })).status).toBe(401);
    await host.close();
  });

  test("a provider key is lent as long as it is valid", async () => {
    const provider_keys = [
      { provider: "p", value: "first", expires_at: "2026-01-01T00:01:00Z" },
      { provider: "p", value: "second", not_before: "2026-01-01T00:02:00Z" },
    ];
    const host = await gateway({ ...GO, provider: "p", provider_keys });
    const lent = async () => {
      const { status } = await host.fetch("/", { headers: { "x-api-key": "k1" } });
      return status === 200 ? seen(host)?.get("authorization") : status;
    };
    expect(await lent()).toBe("Bearer first");
    await host.clock.advance(60_000);
    expect(await lent()).toBe(403);
    await host.clock.advance(60_000);
    expect(await lent()).toBe("Bearer second");
    await host.close();
  });
});

describe("provider keys", () => {
  test("several are drawn by weight", async () => {
    const provider_keys = [
      { provider: "p", value: "heavy", weight: 3 },
      { provider: "p", value: "light" },
      { provider: "p", value: "none", weight: 0 },
      { provider: "p", value: "reserved", weight: 100, consumers: ["c2"] },
    ];
    const host = await gateway({ ...GO, provider: "p", provider_keys }, { seed: 7, trace: false });
    const drawn = { heavy: 0, light: 0 } as Record<string, number>;
    for (let i = 0; i < 400; i++) {
      await host.fetch("/", { headers: { "x-api-key": "k1" } });
      const key = seen(host)?.get("authorization")?.replace("Bearer ", "") ?? "";
      drawn[key] = (drawn[key] ?? 0) + 1;
    }
    // The seed is fixed; the bounds are five standard deviations around 300.
    expect(Object.keys(drawn)).toEqual(["heavy", "light"]);
    expect(drawn["heavy"]).toBeGreaterThan(256);
    expect(drawn["heavy"]).toBeLessThan(344);
    await host.close();
  });

  test("come from the environment of the VM", async () => {
    const provider_keys = [{ provider: "p", value_from_env: "OPENAI_KEY" }];
    const host = await gateway({ ...GO, provider: "p", provider_keys });
    await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(seen(host)?.get("authorization")).toBe("Bearer sk-from-env");
    await host.close();
  });

  test("never stand in filter state, logs, metrics or the answer", async () => {
    const provider_keys = [{ provider: "p", value: "sk-PROVIDER" }];
    const config = { ...GO, provider: "p", provider_keys };
    const host = await gateway(config, { logLevel: "trace" });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    const state = Object.entries(answer.filterState).map(
      ([key, value]) => `${key}=${Buffer.from(value).toString()}`,
    );
    const visible = JSON.stringify([
      state,
      host.logs.map(({ text }) => text),
      Object.keys(host.metrics.all),
      answer.headers.pairs,
      answer.text(),
    ]);
    expect(visible).not.toContain("PROVIDER");
    expect(visible).not.toContain('k1"');
    await host.close();
  });
});
