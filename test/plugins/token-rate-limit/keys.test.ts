import { isIPv6 } from "node:net";
import { Random, type FetchInit } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { byHeader, chat, higress, PEER } from "./support.js";

// What counters are called in Redis: gateways of Higress and of ours share them.

type Init = FetchInit & { path?: string };

/** Counters that the check of one request asked for. */
async function asked(config: object, headers = {}, init: Init = {}): Promise<string[]> {
  const { host, redis } = await higress(config, { startTime: Date.UTC(2026, 4, 15, 12, 30) });
  await chat(host, headers, init);
  await host.close();
  const [, , count, ...words] = redis.commands[0] ?? [];
  return words.slice(0, Number(count));
}

const from = (address: string): Init => ({ properties: { "source.address": address } });

describe("a counter is called after its rule and the value", () => {
  const CASES: [type: string, name: unknown, key: string, headers: object, end: string][] = [
    ["header", "X-Api-Key", "k:1", { "x-api-key": "k:1" }, "X-Api-Key:k:1"],
    ["per_header", "x-api-key", "*", { "x-api-key": "" }, "x-api-key:"],
    ["per_header", "x-api-key", "regexp:^k", { "x-api-key": "k{2}" }, "x-api-key:k{2}"],
    ["cookie", "sid", "x=", { cookie: "a=b; sid=x=" }, "sid:x="],
    ["per_cookie", "sid", "*", { cookie: 'sid="q"' }, 'sid:"q"'],
    ["consumer", "", "bob", { "x-mse-consumer": "bob" }, "x-mse-consumer:bob"],
    ["per_consumer", null, "*", { "x-mse-consumer": "é" }, "x-mse-consumer:é"],
    ["model", "", "gpt", { "x-higress-llm-model": "gpt" }, "x-higress-llm-model:gpt"],
    ["per_model", "", "*", { "x-higress-llm-model": "a/b" }, "x-higress-llm-model:a/b"],
  ];

  test.each(CASES)("limit_by_%s: %s, %s", async (type, name, key, headers, end) => {
    const rule = { [`limit_by_${type}`]: name, limit_keys: [{ key, token_per_minute: 5 }] };
    const keys = await asked({ ...PEER, rule_items: [rule] }, headers);
    expect(keys).toEqual([`higress-token-ratelimit:{r}:limit_by_${type}:60:${end}`]);
  });

  test("a consumer's name may come in another header, whose name is in the key then", async () => {
    const limit_keys = [{ key: "*", token_per_minute: 5 }];
    const rule_items = [{ limit_by_per_consumer: "", limit_keys }];
    const config = { ...PEER, consumer_header: "X-User", rule_items };
    expect(await asked(config, { "x-mse-consumer": "eve", "x-user": "bob" })).toEqual([
      "higress-token-ratelimit:{r}:limit_by_per_consumer:60:x-user:bob",
    ]);
    expect(await asked(config, { "x-mse-consumer": "eve" })).toEqual([]);
  });

  const ELSEWHERE: [type: string, name: string, key: string, init: Init, end: string][] = [
    ["param", "a b", "1 2", { path: "/c?a+b=1%202" }, "a b:1 2"],
    ["per_param", "p", "*", { path: "/c?p" }, "p:"],
    ["per_ip", "from-remote-addr", "10.0.0.0/8", from("10.0.0.1:80"), "from-remote-addr:10.0.0.1"],
    ["per_ip", "from-remote-addr", "::/0", from("[2001:DB8:0::1]:80"), "from-remote-addr:2001:db8::1"], // prettier-ignore
    ["per_ip", "from-remote-addr", "::/0", from("::ffff:102:304"), "from-remote-addr:1.2.3.4"],
  ];

  test.each(ELSEWHERE)("limit_by_%s: %s, %s", async (type, name, key, init, end) => {
    const rule = { [`limit_by_${type}`]: name, limit_keys: [{ key, token_per_minute: 5 }] };
    const keys = await asked({ ...PEER, rule_items: [rule] }, {}, init);
    expect(keys).toEqual([`higress-token-ratelimit:{r}:limit_by_${type}:60:${end}`]);
  });

  test("and after the address in a header, with the name as configured", async () => {
    const rule = {
      limit_by_per_ip: "from-header-X-Real-Ip",
      limit_keys: [{ key: "::/0", token_per_minute: 5 }],
    };
    expect(await asked({ ...PEER, rule_items: [rule] }, { "x-real-ip": "1.2.3.4" })).toEqual([
      "higress-token-ratelimit:{r}:limit_by_per_ip:60:from-header-X-Real-Ip:1.2.3.4",
    ]);
  });
});

test("addresses are those of the URL standard, and are written as it writes them", async () => {
  const limit_keys = [{ key: "::/0", token_per_minute: 5 }];
  const rule = { limit_by_per_ip: "from-header-x-ip", limit_keys };
  const { host, redis } = await higress({ ...PEER, rule_items: [rule] }, { trace: false });
  const random = new Random(7);
  const group = () => ["0", "0", "1", "db8", "FFFF", "00a", "12345", "", "1.2.3.4", "g"][random.below(random.below(6) ? 6 : 10)]; // prettier-ignore
  const text = () => Array.from({ length: 2 + random.below(8) }, group).join(":");
  let valid = 0;
  for (let i = 0; i < 1500; i++) {
    const address = random.below(2) ? text() : text().replace(":", "::");
    redis.commands.length = 0;
    await chat(host, { "x-ip": address });
    const [, , , key] = redis.commands[0] ?? [];
    if (isIPv6(address)) {
      const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
      if (canonical.startsWith("::ffff:")) continue; // IPv4 for us
      valid++;
      expect(key).toBe(
        `higress-token-ratelimit:{r}:limit_by_per_ip:60:from-header-x-ip:${canonical}`,
      );
    } else if (address.split(":").length > 2) {
      expect(`${address} ${key}`).toBe(`${address} undefined`);
    }
  }
  expect(valid).toBeGreaterThan(100);
  await host.close();
});

test("of several kinds in one item the last one of the list counts", async () => {
  const limit_keys = [{ key: "k", token_per_minute: 5 }];
  const headers = { "x-key": "k", cookie: "sid=k", "x-mse-consumer": "k" };
  const item = { limit_by_cookie: "sid", limit_by_header: "x-key", limit_keys };
  const keyOf = (end: string) => [`higress-token-ratelimit:{r}:limit_by_${end}:k`];
  expect(await asked({ ...PEER, rule_items: [item] }, headers)).toEqual(keyOf("cookie:60:sid"));
  const more = { limit_by_consumer: "", ...item };
  expect(await asked({ ...PEER, rule_items: [more] }, headers)).toEqual(
    keyOf("consumer:60:x-mse-consumer"),
  );
});

describe("a counter is called after its window", () => {
  const EVERY = {
    token_per_month: 6,
    token_per_week: 5,
    token_per_day: 4,
    token_per_hour: 3,
    token_per_minute: 2,
    token_per_second: 1,
  };
  const names = (...windows: string[]): string[] =>
    windows.map((window) => `higress-token-ratelimit:{r}:global_threshold:${window}`);

  test.each([
    // Months since 1970, and of the others as many as fit into the time since then.
    ["fixed", names("1", "60", "3600", "86400", "604800", "month:676")],
    [
      "aligned",
      names(
        "1:1778848200",
        "60:29647470",
        "3600:494124",
        "86400:20588",
        "604800:2941",
        "month:676",
      ),
    ],
  ])("%s", async (algorithm, expected) => {
    expect(await asked({ ...PEER, algorithm, global_threshold: EVERY })).toEqual(expected);
  });
});

describe("a counter is called after rule_name", () => {
  const K = [byHeader("k1", 5)];
  const headers = { "x-api-key": "k1" };

  test.each<[object, string]>([
    [{ rule_name: "" }, "{}"],
    [{ rule_name: null }, "{}"],
    [{ rule_name: 1.5 }, "{1.5}"],
    [{ rule_name: "a:b}" }, "{a:b}}"],
    [{ key_format: "plain" }, "r"],
    [{ key_format: "tagged", match_mode: "first" }, "{r}"],
    [{ match_mode: "first" }, "r"],
  ])("%j", async (more, name) => {
    const keys = await asked({ ...PEER, rule_items: K, ...more }, headers);
    expect(keys).toEqual([`higress-token-ratelimit:${name}:limit_by_header:60:x-api-key:k1`]);
  });
});
