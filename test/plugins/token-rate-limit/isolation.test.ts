import { checkLeaks, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  answer,
  byHeader,
  chat,
  CHAT,
  gateway,
  higress,
  JSON_TYPE,
  PEER,
  plugin,
  SHARED,
  stored,
} from "./support.js";

// What one VM holds at a time: configurations, rules and streams that know nothing of each other.

const EACH = {
  rule_items: [
    { limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", token_per_hour: 1000 }] },
  ],
  response_headers: "openai",
};

describe("two configurations in one VM", () => {
  test.each([
    ["count apart under two names", "other", 985],
    ["share the counters of one name", "r", 970],
  ])("%s", async (_what, rule_name, left) => {
    const inner = plugin({ ...SHARED, ...EACH, rule_name }, { name: "second" });
    const host = await gateway({}, { plugins: [plugin({ ...SHARED, ...EACH }), inner] });
    expect((await chat(host, { "x-api-key": "k" })).status).toBe(200);
    const reply = await chat(host, { "x-api-key": "k" });
    expect(reply.headers.get("x-ratelimit-remaining-tokens")).toBe(String(left));
    await host.close();
  });

  test("two rules have stores, statuses and matching of their own", async () => {
    const { host, redis } = await higress(
      {
        _rules_: [
          { ...PEER, _match_route_: ["a"], rule_items: [byHeader("k1", 200)] },
          { ...SHARED, _match_domain_: ["b.example"], ...EACH, rejected_code: 418 },
        ],
      },
      {
        routes: [
          { name: "a", match: { prefix: "/a" }, cluster: "backend" },
          { name: "other", cluster: "backend" },
        ],
      },
    );
    const send = async (path: string, authority = "c.example") => {
      const headers = { ":authority": authority, "x-api-key": "k1" };
      const reply = await host.fetch(path, { method: "POST", body: "{}", headers }).settle();
      return [reply.status, reply.headers.get("x-ratelimit-remaining-tokens")];
    };
    expect(await send("/a")).toEqual([200, null]);
    expect(await send("/b", "b.example")).toEqual([200, "1000"]);
    expect(await send("/b", "b.example")).toEqual([200, "985"]);
    expect(await send("/c")).toEqual([200, null]);
    const counter = "higress-token-ratelimit:{r}:limit_by_header:60:x-api-key:k1";
    expect([stored(redis, counter), redis.commands.length]).toEqual(["15", 2]);
    await host.close();
  });
});

describe("streams side by side", () => {
  const KEYS = ["a", "b", "c", "d"];
  const tokens = (key: string): number => 10 * (1 + KEYS.indexOf(key));

  test("each is charged what its own answer said", async () => {
    const host = await gateway(
      { ...SHARED, ...EACH },
      {
        clusters: {
          // Pieces of one byte, so that all answers are being read at the same time.
          backend: upstream().handle(({ headers }) => {
            const key = headers.find(([name]) => name === "x-api-key")?.[1] ?? "";
            const chunks = [...answer(tokens(key), 0)];
            return { status: 200, headers: JSON_TYPE, chunks, every: 1 + KEYS.indexOf(key) };
          }),
        },
      },
    );
    await Promise.all(
      KEYS.map((key) =>
        host
          .fetch(CHAT, { method: "POST", body: "{}", headers: { "x-api-key": key } })
          .settle(60_000),
      ),
    );
    for (const key of KEYS) {
      const reply = await chat(host, { "x-api-key": key });
      const left = reply.headers.get("x-ratelimit-remaining-tokens");
      expect([key, left]).toEqual([key, String(1000 - tokens(key))]);
    }
    await host.close();
  });

  test("charged, refused and abandoned ones leave nothing behind", async () => {
    const config = { ...SHARED, ...EACH, global_threshold: { token_per_day: 1e12 } };
    const host = await gateway(config, { trace: false });
    const headers = { "x-api-key": "k" };
    const report = await checkLeaks(host, async () => {
      const gone = host.stream(`POST ${CHAT}`, { headers: { ...headers, "content-length": "9" } });
      await gone.headers();
      await gone.data('{"model":');
      await gone.abort();
      await chat(host, headers);
      await chat(host);
    });
    expect(report.leaking).toBe(false);
    await host.close();
  });
});
